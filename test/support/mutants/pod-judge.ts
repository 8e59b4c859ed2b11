/**
 * support/mutants/pod-judge.ts — a policy that says of a pod which mutants of the rules would judge it otherwise than the rules do.
 *
 * It is pod-security, as far as that says what fits: the same variables and the same rules, evaluated by the real API server for the profiles of a
 * real tenant. It refuses everything, and its refusal is the answer. Which mutants are to be tried is asked for in the name of a group, so that
 * those that have been noticed already cost nothing any more.
 */

import { type Cel, cel, concat, or } from '../../../src/admission/cel.ts'
import { podVariables } from '../../../src/admission/pods/pod.ts'
import { profileVariables, SLOTS } from '../../../src/admission/pods/profiles.ts'
import { policyName, TENANT_PARAM, type Validation, type Variable, validatingPolicy } from '../../../src/admission/policy.ts'
import { RULES } from '../../../src/admission/rules/rules.ts'
import { type Answer, type Person, person } from '../people.ts'
import type { Counts } from './mutations.ts'
import { Schema } from './schema.ts'
import { unchecked } from './unseen.ts'
import { inlined } from './variables.ts'

/** Without our group behind it. */
export const POD_JUDGE = 'pod-judge'

const POD = podVariables({
  spec: cel`has(dyn(object).template) ? dyn(object).template.spec : dyn(object).spec`,
  metadata: cel`(has(dyn(object).template) ? dyn(object).template.?metadata.orValue({}) : dyn(object).metadata)`,
  serviceAccount: cel`''`,
  lax: cel`dyn(params).spec.podSecurity.?defaulting.orValue('Disabled') == 'Enabled'`,
})

/** `lax` is not ours to break: it is said by the resource. */
const WRITTEN_OUT = POD.filter(({ name }) => name !== 'lax')

/** Of the profiles. Not by lists.range, which Kubernetes 1.34 has not. */
const INDICES = cel`${SLOTS}.filter(i, i < size(variables.rules))`

type Mutant = { readonly rule: string; readonly what: string }

/** By number. */
export const MUTANTS: Mutant[] = []
/** The name of what is asked about a mutant together, by its number. */
const ASKED_WITH: string[] = []

const judges: readonly Variable[] = RULES.flatMap(({ name: rule, violations }) => {
  const { bad, sentences } = violations(cel`r`)
  // A variable that can be changed is written out where it is used: each rule is tried with each change of it.
  const changed = withMutants(rule, rule, inlined(bad.cel, WRITTEN_OUT), 'value')
  const reworded = withMutants(rule, `${rule}Words`, sentences.cel, 'emptiness')
  const others = RULES.filter(({ name }) => name !== rule).map(({ name }) => code(`variables.${name}Bad[i]`))
  return [
    // Where another rule refuses the pod, this one cannot make a difference.
    { name: `${rule}Decides`, expression: cel`${INDICES}.filter(i, !${or(...others)})` },
    differing(
      rule,
      cel`${code(`variables.${rule}Decides`)}.exists(i, [variables.rules[i]].exists(r, ${changed} != variables.${code(rule)}Bad[i]))`,
    ),
    // Nobody reads what is said of a pod that fits.
    differing(
      `${rule}Words`,
      cel`variables.unfit.exists(i, [variables.rules[i]].exists(r, (size(${reworded}) > 0) != variables.${code(rule)}Bad[i]))`,
    ),
  ]
})

/** The expression with its mutants, of which each has its number. */
function withMutants(rule: string, askedWith: string, text: string, counts: Counts): Cel {
  const schema = new Schema({ first: MUTANTS.length })
  const changed = schema.write(text, counts, counts === 'emptiness' ? 'in words' : undefined)
  for (const what of schema.mutants) {
    MUTANTS.push({ rule, what })
    ASKED_WITH.push(askedWith)
  }
  return code(changed)
}

/** Those of the mutants that are asked for which say something else. */
function differing(name: string, differs: Cel): Variable {
  const groups = cel`(request.userInfo.groups.filter(g, g.startsWith(${groupOf(name)})) + ['::'])`
  const asked = cel`${groups}[0].split(':')[2].split(',').filter(s, s != '').map(s, int(s))`
  return { name: `${name}Differs`, expression: cel`${asked}.filter(mutant, ${differs})` }
}

const ANSWER: Validation = {
  expression: cel`false`,
  messageExpression: cel`variables.fits.map(fits, fits ? '1' : '0').join('') + '|' + (${concat([...new Set(ASKED_WITH)].map((name) => code(`variables.${name}Differs`)))}).map(mutant, string(mutant)).join(',')`,
  message: 'no answer',
}

/** Asked in dry runs only. */
export const podJudge = validatingPolicy({
  name: policyName(POD_JUDGE),
  paramKind: TENANT_PARAM,
  resourceRules: [
    unchecked({
      apiGroups: [''],
      apiVersions: ['v1'],
      operations: ['CREATE', 'UPDATE'],
      resources: ['pods', 'pods/ephemeralcontainers', 'podtemplates'],
    }),
  ],
  matchConditions: [{ name: 'dry-run', expression: cel`request.?dryRun.orValue(false)` }],
  variables: [
    ...POD,
    ...profileVariables('user').filter(({ name }) => ['profiles', 'presets', 'rules'].includes(name)),
    ...RULES.map(({ name, violations }) => ({ name: `${name}Bad`, expression: cel`variables.rules.map(r, ${violations(cel`r`).bad})` })),
    {
      name: 'fits',
      expression: cel`${INDICES}.map(i, !${or(...RULES.map(({ name }) => code(`variables.${name}Bad[i]`)))})`,
    },
    { name: 'unfit', expression: cel`${INDICES}.filter(i, !variables.fits[i])` },
    ...judges,
  ],
  validations: [ANSWER],
})

export type Judgement = {
  /** Whether the pod fits, by profile. */
  readonly fits: readonly boolean[]
  /** The mutants that would say otherwise of one of them. */
  readonly noticed: readonly number[]
}

/** What is said of one request, which is sent in the name of whom it is given. */
export async function judge(send: (who: Person) => Promise<Answer>, asked: readonly number[]): Promise<Judgement> {
  const groups = Map.groupBy(asked, (number) => ASKED_WITH[number] ?? '')
  const { code, body } = await send(person('alice', ...[...groups].map(([name, numbers]) => `${groupOf(name)}${numbers.join(',')}`)))
  const [, fits, noticed] = /denied request: ([01]+)\|([\d,]*)$/.exec(body.message ?? '') ?? []
  if (fits !== undefined && noticed !== undefined) {
    return { fits: [...fits].map((fit) => fit === '1'), noticed: noticed === '' ? [] : noticed.split(',').map(Number) }
  }
  if (!String(body.message).endsWith('no answer') || asked.length === 0) throw new Error(`not judged: ${code} ${body.message}`)
  if (asked.length > 1) {
    const middle = asked.length >> 1
    const [one, other] = [await judge(send, asked.slice(0, middle)), await judge(send, asked.slice(middle))]
    return { fits: one.fits, noticed: [...one.noticed, ...other.noticed] }
  }
  // The one that is left cannot be evaluated: in a policy of ours, that is a refusal without a sentence, and every test would see it.
  return { ...(await judge(send, [])), noticed: asked }
}

/** The group in whose name these mutants are asked for, without their numbers. */
function groupOf(name: string): string {
  return `mutants:${name}:`
}

function code(text: string): Cel {
  return { cel: text }
}
