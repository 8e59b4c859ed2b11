/** cli/impact/listed.ts — PURE: the first few of many names. */

const LISTED = 8

export function listed(names: readonly string[]): string {
  const more = names.length - LISTED
  return `${names.slice(0, LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
