/**
 * support/mutants/results.ts — what a full run has found, for docs/decisions/0021-results.md: how many mutants there were of what, and which
 * of them nothing told from the original.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { IS_WATCHED } from './guard-watch.ts'

export type Result = {
  /** What was broken: a rule, a guard, a part of a policy. */
  readonly of: string
  readonly mutant: string
  readonly noticed: boolean
  /** Why it makes no difference. */
  readonly reason: string | undefined
}

const FILE = join(import.meta.dirname, '../../../docs/decisions/0021-results.md')
const SECTIONS = ['Rules for pods', 'Who may use which profile', 'Guards'] as const
export type Section = (typeof SECTIONS)[number]

const results = new Map<Section, readonly Result[]>()

/** Written by a full run (`make mutants`), when all sections are there. */
export function record(section: Section, found: readonly Result[]): void {
  results.set(section, found)
  if (IS_WATCHED && SECTIONS.every((one) => results.has(one))) writeFileSync(FILE, text())
}

function text(): string {
  const all = [...results.values()].flat()
  return `# Mutants: the last full run

Written by \`make mutants\`; [0021](0021-broken-on-purpose.md) says what mutants are for. Of ${all.length} mutants, ${count(all)} were noticed by a test.

${SECTIONS.map((section) => sectionText(section, results.get(section) ?? [])).join('\n')}`
}

function sectionText(section: Section, found: readonly Result[]): string {
  const rows = [...Map.groupBy(found, ({ of }) => of)].map(([of, ones]) => `| ${of} | ${ones.length} | ${count(ones)} |`)
  const survivors = found
    .filter(({ noticed }) => !noticed)
    .map(({ of, mutant, reason = 'nobody knows why' }) => `- ${mutant.startsWith(of) ? '' : `${of}: `}${mutant}: ${reason}`)
  return `## ${section}

| | Mutants | Noticed |
|---|---|---|
${rows.join('\n')}
| together | ${found.length} | ${count(found)} |
${survivors.length === 0 ? '' : `\nThose that are left make no difference:\n\n${survivors.join('\n')}\n`}`
}

function count(ones: readonly Result[]): number {
  return ones.filter(({ noticed }) => noticed).length
}
