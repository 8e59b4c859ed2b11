/**
 * support/mutants/pod-judge.ts — a policy that says of a pod which mutants of the rules would judge it otherwise than the rules do.
 *
 * It is pod-security, as far as that says what fits: the same variables and the same rules, evaluated by the real API server for the profiles of a
 * real tenant. It refuses everything, and its refusal is the answer. Which mutants are to be tried is asked for in the name of a group, so that
 * those that have been noticed already cost nothing any more.
 */

import { type Cel, cel } from '../../../src/admission/cel.ts'
import { podVariables } from '../../../src/admission/pods/pod.ts'
import { profileVariables } from '../../../src/admission/pods/profiles.ts'
import { type Validation, type Variable, validatingPolicy } from '../../../src/admission/policy.ts'
import { RULES } from '../../../src/admission/rules/rules.ts'
import { type Answer, type Person, person } from '../people.ts'
import { Schema } from './schema.ts'
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

type Mutant = { readonly rule: string; readonly what: string }

/** By number. */
export const MUTANTS: Mutant[] = []
const judges: Variable[] = []
for (const { name: rule, violations } of RULES) {
  // A variable that can be changed is written out where it is used: each rule is tried with each change of it.
  const schema = new Schema({ first: MUTANTS.length })
  const changed = schema.write(inlined(violations(cel`r`).cel, WRITTEN_OUT), 'emptiness')
  MUTANTS.push(...schema.mutants.map((what) => ({ rule, what })))
  const fits = code(`variables.${rule}Fits[i]`)
  judges.push(
    {
      name: `${rule}Asked`,
      expression: cel`request.userInfo.groups.filter(g, g.startsWith(${groupOf(rule)})).map(g, g.split(':')[2].split(',').map(s, int(s))).flatten()`,
    },
    // Where another rule refuses the pod, this one cannot make a difference.
    {
      name: `${rule}Decides`,
      expression: cel`lists.range(size(variables.rules)).filter(i, ${RULES.filter(({ name }) => name !== rule).map(({ name }) => code(`variables.${name}Fits[i]`))}.all(fits, fits))`,
    },
    {
      name: `${rule}Differs`,
      expression: cel`${code(`variables.${rule}Asked`)}.filter(mutant, ${code(`variables.${rule}Decides`)}.exists(i,
  [variables.rules[i]].exists(r, (size(${code(changed)}) == 0) != ${fits})))`,
    },
  )
}

const ANSWER: Validation = {
  expression: cel`false`,
  messageExpression: cel`variables.fits.map(fits, fits ? '1' : '0').join('') + '|' + (${code(RULES.map(({ name }) => `variables.${name}Differs`).join(' + '))}).map(mutant, string(mutant)).join(',')`,
  message: 'no answer',
}

/** Asked in dry runs only. */
export const podJudge = validatingPolicy({
  name: POD_JUDGE,
  resourceRules: [
    {
      apiGroups: [''],
      apiVersions: ['v1'],
      operations: ['CREATE', 'UPDATE'],
      resources: ['pods', 'pods/ephemeralcontainers', 'podtemplates'],
    },
  ],
  matchConditions: [{ name: 'dry-run', expression: cel`request.?dryRun.orValue(false)` }],
  variables: [
    ...POD,
    ...profileVariables('nobody').filter(({ name }) => ['profiles', 'presets', 'rules'].includes(name)),
    ...RULES.map(({ name, violations }) => ({
      name: `${name}Fits`,
      expression: cel`variables.rules.map(r, size(${violations(cel`r`)}) == 0)`,
    })),
    {
      name: 'fits',
      expression: cel`lists.range(size(variables.rules)).map(i, ${RULES.map(({ name }) => code(`variables.${name}Fits[i]`))}.all(fits, fits))`,
    },
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
  const groups = Map.groupBy(asked, (number) => MUTANTS[number]?.rule ?? '')
  const { code, body } = await send(person('alice', ...[...groups].map(([rule, numbers]) => `${groupOf(rule)}${numbers.join(',')}`)))
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

/** The group in whose name the mutants of the rule are asked for, without their numbers. */
function groupOf(rule: string): string {
  return `mutants:${rule}:`
}

function code(text: string): Cel {
  return { cel: text }
}
