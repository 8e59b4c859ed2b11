/**
 * support/mutants/guard-judges.ts — beside each guard, a policy that says of a request which mutants of the guard would judge it otherwise.
 *
 * It looks at the same requests, through the same bindings, with the same variables. It refuses nothing: its answer is a warning, for those who
 * ask in the name of its group. Whether the requester holds the verb that lets him pass is asked in a validation, because messages cannot.
 */

import type { ValidatingBinding } from '../../../src/admission/binding.ts'
import { guardPolicies } from '../../../src/admission/guards/guards.ts'
import type { ValidatingPolicy } from '../../../src/admission/policy.ts'
import { GROUP } from '../../../src/api/labels.ts'
import { type Node, parseCel } from './cel-tree.ts'
import { Schema } from './schema.ts'
import { unchecked, unseenRequests } from './unseen.ts'

export type GuardJudge = { readonly guard: string; readonly policy: ValidatingPolicy; readonly mutants: readonly string[] }

type Named = { readonly name: string; readonly expression: string }

const PREFIX = 'mutants.'

/** Variables that are lists of sentences: a request passes when they are empty. */
const SENTENCES = ['missing', 'needs', 'wrong', 'wrong_ingress', 'wrong_egress']
/** One that is a part of sentences. */
const TEXT = 'pins'

/** The name of the guard without our group behind it. */
export const GUARD_JUDGES: readonly GuardJudge[] = guardPolicies().map(judgeOf)

/** Puts the judge to work wherever the binding puts the guard. */
export function judgeBinding({ metadata, spec, ...binding }: ValidatingBinding): ValidatingBinding {
  return {
    ...binding,
    metadata: { ...metadata, name: `${PREFIX}${metadata.name}` },
    spec: { ...spec, policyName: `${PREFIX}${spec.policyName}`, validationActions: ['Warn'] },
  }
}

/** The group in whose name mutants of the guard are asked for, by their numbers. */
export function groupOf(guard: string, mutants: readonly number[]): string {
  return `${PREFIX}${guard}:${mutants.join(',')}`
}

export function isGroup(name: string): boolean {
  return name.startsWith(PREFIX)
}

/** Of a warning: the guard, and whether it lets the request pass: first as it is, then each mutant that was asked for. Nothing if that got lost. */
export function answerOf(warning: string): { readonly guard: string; readonly passes: readonly boolean[] | undefined } | undefined {
  const [, name, text = ''] = /ValidatingAdmissionPolicy '([^']+)' with binding '[^']+': (.*)$/.exec(warning) ?? []
  if (!name?.startsWith(PREFIX)) return undefined
  const guard = name.slice(PREFIX.length, -GROUP.length - 1)
  const [, bits] = /^([01]+);$/.exec(text) ?? []
  return { guard, passes: bits === undefined ? undefined : [...bits].map((bit) => bit === '1') }
}

function judgeOf({ metadata: { name, labels }, spec: guardSpec, ...head }: ValidatingPolicy): GuardJudge {
  const guard = name.slice(0, -GROUP.length - 1)
  const { matchConstraints, matchConditions = [], variables = [], validations, paramKind } = guardSpec
  const schema = new Schema()
  const unseen = matchConstraints.resourceRules.flatMap(unseenRequests).map(({ what, condition }) => `${schema.add(what)} && ${condition}`)
  const conditions = matchConditions.map(({ expression }) => schema.write(expression, 'value'))
  const needed = reachable(validations.map(({ expression }) => expression).join(), variables)
  const written = variables
    .filter((variable) => needed.has(variable.name))
    .map(({ name: variable, expression }) => ({
      name: variable,
      expression: forEach(variable === TEXT ? expression : schema.write(expression, SENTENCES.includes(variable) ? 'emptiness' : 'value')),
    }))
  const checks = validations.flatMap(({ expression }) => authorizations(expression))
  const may = inlined(checks[0] ?? 'false', variables)
  const passes = validations.map(({ expression }) =>
    schema.write(
      checks.reduce((text, check) => text.replace(check, 'may'), expression),
      'value',
    ),
  )
  const verdicts = (holds: boolean) => forEach(`variables.unasked[i] || [${holds}].all(may, ${passes.join(' && ')})`)
  const answer = (holds: boolean) => `${verdicts(holds)}.map(passes, passes ? '1' : '0').join('') + ';'`
  const policy: ValidatingPolicy = {
    ...head,
    metadata: { name: `${PREFIX}${name}`, labels },
    spec: {
      // A judge that cannot answer is no reason to refuse anything.
      failurePolicy: 'Ignore',
      ...(paramKind && { paramKind }),
      matchConstraints: { ...matchConstraints, resourceRules: matchConstraints.resourceRules.map(unchecked) },
      matchConditions: [{ name: 'asked', expression: `request.userInfo.groups.exists(g, g.startsWith('${PREFIX}'))` }],
      variables: [
        {
          name: 'mutants',
          expression: `[-1] + request.userInfo.groups.filter(g, g.startsWith('${groupOf(guard, [])}')).map(g, g.split(':')[1].split(',').filter(s, s != '').map(s, int(s))).flatten()`,
        },
        { name: 'unasked', expression: forEach([...unseen, ...conditions.map((condition) => `!(${condition})`)].join(' || ')) },
        ...written,
      ],
      validations: [
        { expression: may, messageExpression: answer(false), message: 'no answer', reason: 'Forbidden' },
        { expression: `!(${may})`, messageExpression: answer(true), message: 'no answer', reason: 'Forbidden' },
      ],
    },
  }
  return { guard, policy, mutants: schema.mutants }
}

/** The list of what the expression is under each mutant, none at first; the variables that it uses are such lists themselves. */
function forEach(expression: string): string {
  const ofMutant = expression.replaceAll(/\bvariables\.(\w+)\b(?!\[i\])/g, 'variables.$1[i]')
  return `lists.range(size(variables.mutants)).map(i, [variables.mutants[i]].map(mutant, ${ofMutant})[0])`
}

/** The names of the variables that the text uses, and those that they use. */
function reachable(text: string, variables: readonly Named[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const { name, expression } of variables.toReversed()) {
    if (new RegExp(`\\bvariables\\.${name}\\b`).test(text)) {
      found.add(name)
      text += ` ${expression}`
    }
  }
  return found
}

/** What asks the authorizer. */
function authorizations(text: string): readonly string[] {
  const found: string[] = []
  const look = (node: Node): void => {
    const part = text.slice(node.start, node.end)
    if (node.kind === 'method' && node.name === 'allowed' && part.startsWith('authorizer.')) found.push(part)
    else for (const inner of node.parts) look(inner)
  }
  look(parseCel(text))
  return found
}

function inlined(text: string, variables: readonly Named[]): string {
  const expressions = new Map(variables.map(({ name, expression }) => [name, expression]))
  return text.replaceAll(/\bvariables\.(\w+)\b/g, (reference, name: string) => `(${expressions.get(name) ?? reference})`)
}
