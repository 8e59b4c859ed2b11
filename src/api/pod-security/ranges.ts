/** api/pod-security/ranges.ts — ranges of ports and of user and group IDs, and the rules that are made of them. */

import { z } from 'zod'
import { atLeastOne, constrained, listType } from '../constraint.ts'

/** How many ranges one field takes. */
export const MAX_RANGES = 32

/** The largest user or group ID that Kubernetes takes (apimachinery IsValidUserID). */
export const MAX_ID = 2_147_483_647

const range = (what: string, least: number, greatest: number) =>
  constrained(
    z.strictObject({
      min: z.int().min(least).max(greatest).describe(`The first ${what} of the range.`),
      max: z.int().min(least).max(greatest).describe(`The last ${what} of the range.`),
    }),
    {
      cel: 'self.min <= self.max',
      message: 'min must not be above max',
      holds: ({ min, max }) => min <= max || `min ${min} must not be above max ${max}`,
    },
  )

export const portRanges = listType(z.array(range('port', 1, 65535)).max(MAX_RANGES), 'atomic')

const idRanges = atLeastOne(
  listType(z.array(range('ID', 0, MAX_ID)).max(MAX_RANGES), 'atomic'),
  'name at least one range, or choose a rule that takes none',
)

/** A rule about one kind of ID; `ranged` are those of `names` that go with ranges. */
export function idRule<const Names extends readonly [string, ...string[]]>({ names, ranged, text }: IdRuleOptions<Names>) {
  return constrained(
    z.strictObject({
      rule: z.enum(names).describe(text),
      ranges: idRanges.optional().describe(`With ${ranged.join(' and ')}: the IDs that are allowed. Defaulting takes the first.`),
    }),
    {
      cel: `(self.rule in [${ranged.map((name) => `'${name}'`).join(', ')}]) == has(self.ranges)`,
      message: `ranges goes with the rule ${ranged.join(' or ')}, and only with it`,
      holds: ({ rule, ranges }) => (ranged as readonly string[]).includes(rule) === (ranges !== undefined),
    },
  )
}

type IdRuleOptions<Names extends readonly string[]> = {
  readonly names: Names
  readonly ranged: readonly Names[number][]
  readonly text: string
}
