/**
 * support/mutants/profile-mutants.ts — pod-security with all mutants of what is around its rules: whom it asks about, which profiles there are, who may
 * use them, when one is enough, and which of them a refusal speaks of. The mutant that takes place is said by the name of a group of the requester.
 */

import type { ValidatingPolicy } from '../../../src/admission/policy.ts'
import type { Edit } from './mutations.ts'
import { Schema } from './schema.ts'
import { slowPath } from './slow-path.ts'
import { unchecked, unseenRequests } from './unseen.ts'

const GROUP = 'mutant:'
/** The variables that have mutants; what rules find, and the words for it, are broken elsewhere. */
const BROKEN = /^(profiles|rules|admitted|mayUse\d|promised|hint|why\d)$/
/** What rules find in a pod. */
const FOUND = '!found'
/** Of those that go through rules, the ones that the uses of profiles are about. */
const THROUGH_RULES = ['lightRules', 'capabilitiesRules']

export const PROFILE_MUTANTS = 'mutants-of-pod-security'

/** The group in whose name one mutant is asked for. */
export function groupOf(number: number): string {
  return `${GROUP}${number}`
}

const original = slowPath(PROFILE_MUTANTS)
const { spec } = original
const { matchConditions = [], variables = [] } = spec
const schema = new Schema({ is: (number) => `request.userInfo.groups.exists(g, g == '${groupOf(number)}')` })

const unseen = spec.matchConstraints.resourceRules
  .flatMap(unseenRequests)
  .map(({ what, condition }) => `!(${schema.add(what)} && ${condition})`)

export const profileMutants: ValidatingPolicy = {
  ...original,
  spec: {
    ...spec,
    matchConstraints: { ...spec.matchConstraints, resourceRules: spec.matchConstraints.resourceRules.map(unchecked) },
    matchConditions: [
      ...matchConditions.map(({ name, expression }) => ({ name, expression: schema.write(expression, 'value') })),
      { name: 'seen', expression: unseen.join(' && ') },
    ],
    variables: variables.map(({ name, expression }) => ({ name, expression: changed(name, expression) })),
    validations: spec.validations.map((validation) => ({
      ...validation,
      expression: schema.write(validation.expression, 'value', 'validations'),
    })),
  },
}

export const MUTANTS: readonly string[] = schema.mutants

/** What is not promised is put into words that nobody reads. */
function isHeard({ becomes }: Edit): boolean {
  return becomes === 'true'
}

function changed(name: string, expression: string): string {
  if (BROKEN.test(name)) return schema.write(expression, 'value', name, name === 'promised' ? isHeard : undefined)
  if (!THROUGH_RULES.includes(name)) return expression
  // Of the rules only whether they find anything: what is found is broken elsewhere.
  const [, start, found, rest] = /^(.*\|\|\s+)(!\(.*\))( \? r : \{'misfit': r\}\))$/s.exec(expression) ?? []
  if (start === undefined || found === undefined) throw new Error(`${name} is not as it was`)
  return schema.write(`${start}${FOUND}${rest}`, 'value', name).replaceAll(FOUND, found)
}
