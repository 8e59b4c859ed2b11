/** cli/check/line.ts — PURE: what is said about one thing that is needed. */

/** In the order in which they are shown. Each is a heading of docs/check.md; they are API and never change. */
export const CHECKS = [
  'kubernetes',
  'validating-policies',
  'mutating-policies',
  'network-plugin',
  'dns',
  'address-families',
  'installer',
  'installation',
  'crd',
  'policies',
  'bindings',
  'rights',
  'configuration',
  'namespace',
  'operator',
  'leader',
  'tenants',
  'your-rights',
] as const
export type Check = (typeof CHECKS)[number]

/**
 * `ok`; `missing`: needed, and not as it has to be; `unseen`: needed, and whoever asks may not look; `warning`: works, but should be known;
 * `pending`: not installed yet.
 */
export type Mark = 'ok' | 'missing' | 'unseen' | 'warning' | 'pending'

export type Line = {
  readonly check: Check
  readonly mark: Mark
  /** How it is. */
  readonly reason: string
  /** What to do about it. */
  readonly advice?: string
}

/** Whether the line alone makes the answer a no. What nobody could look at is not taken for granted. */
export function fails({ mark }: Line): boolean {
  return mark === 'missing' || mark === 'unseen'
}

/** Where more is said about a check. */
export function checkPage(check: Check): string {
  return `https://github.com/tenant-isolation/tenant-isolation/blob/main/docs/check.md#${check}`
}

/** Whoever asks may not look at it; the line `your-rights` has the way out. */
export function unseenLine(check: Check, what: string): Line {
  return { check, mark: 'unseen', reason: `${what} cannot be seen with your rights`, advice: 'see your-rights' }
}

/** "a, b and 3 more" */
export function someOf(names: readonly string[], most = 3): string {
  const more = names.length - most
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ')
}
