/**
 * support/mutants/profile-mutants.ts — pod-security with all mutants of what is around its rules: whom it asks about, which profiles there are, who may
 * use them, and when one is enough. The mutant that takes place is said by the name of a group of the requester.
 */

import { podSecurityPolicy } from '../../../src/admission/pods/pod-security.ts'
import type { PolicyObject, ResourceRule } from '../../../src/admission/policy.ts'
import { Schema } from './schema.ts'
import { unseenRequests } from './unseen.ts'

type Named = { readonly name: string; readonly expression: string }
type Spec = {
  readonly matchConstraints: { readonly resourceRules: readonly ResourceRule[] }
  readonly matchConditions: readonly Named[]
  readonly variables: readonly Named[]
  readonly validations: readonly { readonly expression: string }[]
}

const GROUP = 'mutant:'
/** What a condition is a condition of. */
const BRANCHES = ' ? 1 : 0'
/** The rules that the uses of profiles are about. The others have nothing to say, and cost nothing. */
const RULES = ['privilegedRule', 'capabilitiesRule']
const original = podSecurityPolicy()
const spec = original.spec as Spec
const schema = new Schema({ is: (number) => `request.userInfo.groups.exists(g, g == '${groupOf(number)}')` })

export const PROFILE_MUTANTS = 'mutants-of-pod-security'

/** The group in whose name one mutant is asked for. */
export function groupOf(number: number): string {
  return `${GROUP}${number}`
}

const unseen = spec.matchConstraints.resourceRules
  .flatMap(unseenRequests)
  .map(({ what, condition }) => `!(${schema.add(what)} && ${condition})`)

export const profileMutants: PolicyObject = {
  ...original,
  metadata: { ...original.metadata, name: PROFILE_MUTANTS },
  spec: {
    ...spec,
    matchConditions: [
      ...spec.matchConditions.map(({ name, expression }) => ({ name, expression: schema.write(expression, 'value') })),
      { name: 'seen', expression: unseen.join(' && ') },
    ],
    variables: spec.variables.map(({ name, expression }) => ({ name, expression: changed(name, expression) })),
    validations: spec.validations.map((validation) => ({
      ...validation,
      expression: schema.write(validation.expression, 'value', 'validations'),
    })),
  },
}

export const MUTANTS: readonly string[] = schema.mutants

function changed(name: string, expression: string): string {
  if (/^(profiles|rules|admitted|mayUse\d)$/.test(name)) return schema.write(expression, 'value', name)
  const [, start, condition, rest] = /^(variables\.rules\.map\(r, )((?:(?! \? ).)*)( \? .*)$/s.exec(expression) ?? []
  if (start === undefined || condition === undefined) return expression
  if (!RULES.includes(name)) return "variables.rules.map(r, [''].filter(s, false))"
  // Only whether there are sentences at all: what rules say is broken elsewhere.
  return `${start}(${schema.write(`${condition}${BRANCHES}`, 'value', name).slice(0, -BRANCHES.length)})${rest}`
}
