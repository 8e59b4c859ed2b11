/** cli/explain/answer.ts — PURE: verdicts with their reasons, for people, for pull requests and for programs. */

import {
  endpointName,
  type Missing,
  type NearRule,
  type PolicyRef,
  policyName,
  type Side,
  type Verdict,
} from '../../reachability/reachability.ts'
import type { Answer } from '../output/answer.ts'
import { type Colour, type Paint, PLAIN } from '../output/colour.ts'
import { markdownText } from '../output/table.ts'
import { yaml } from '../output/yaml.ts'
import { type Case, type Judged, type Leg, targetName } from './cases.ts'
import type { Suggested } from './suggestion.ts'

/** What can only be said with the resources at hand. */
export type Knowledge = {
  /** The rules of the tenant's resource behind a rule of a policy of ours. */
  readonly rulesBehind: (leg: Leg, side: Side, tenant: string, candidates: readonly string[]) => readonly string[]
  readonly suggested: (leg: Leg, missing: Missing) => Suggested
}

export type Explained = { readonly cases: readonly Case[]; readonly knowledge: Knowledge }

const COLOURS: Readonly<Record<Verdict['verdict'], Colour>> = { allow: 'green', deny: 'red', depends: 'yellow' }

export function explainAnswer({ cases, knowledge }: Explained): Answer {
  return {
    text: (paint) => cases.map((one) => caseText(one, knowledge, paint)).join('\n\n'),
    markdown: () => cases.map((one) => caseMarkdown(one, knowledge)).join('\n\n'),
    value: () => ({ flows: cases.map((one) => caseValue(one, knowledge)) }),
  }
}

function caseText(one: Case, knowledge: Knowledge, paint: Paint): string {
  return [`${headOf(one, paint)}`, ...othersOf(one), ...judgedLines(one, knowledge)].join('\n')
}

function headOf({ question, before, after }: Case, paint: Paint): string {
  const { from, protocol, port } = question
  const word = ({ verdict: { verdict } }: Judged) => paint(COLOURS[verdict], verdict.toUpperCase())
  const verdict = before ? `now ${word(before)}, then ${word(after)}` : word(after)
  return `${endpointName(from)} -> ${targetName(question)}, ${protocol} ${port}: ${verdict}`
}

const LISTED = 5

function othersOf({ from, to }: Case): readonly string[] {
  const list = (names: readonly string[]) =>
    `${names.slice(0, LISTED).join(', ')}${names.length > LISTED ? ` and ${names.length - LISTED} more` : ''}`
  return [
    ...(from.length > 1 ? [`  the same from ${list(from.slice(1))}`] : []),
    ...(to.length > 1 ? [`  the same to ${list(to.slice(1))}`] : []),
  ]
}

function judgedLines({ before, after, question }: Case, knowledge: Knowledge): readonly string[] {
  const changed = before && before.verdict.verdict !== after.verdict.verdict
  const lines = legsLines(after, knowledge, question.service !== undefined)
  return changed
    ? ['now:', ...legsLines(before, { ...knowledge, suggested: undefined }, question.service !== undefined), 'then:', ...lines]
    : lines
}

type Known = Pick<Knowledge, 'rulesBehind'> & { readonly suggested: Knowledge['suggested'] | undefined }

function legsLines({ verdict, legs }: Judged, knowledge: Known, throughService: boolean): readonly string[] {
  const depends = verdict.verdict === 'depends' ? dependsLines(verdict) : []
  if (legs.length === 0) return ['  nobody is behind the Service', ...depends]
  return [...depends, ...legs.flatMap((leg) => [...(throughService ? [behindLine(leg)] : []), ...legLines(leg, knowledge)])]
}

function behindLine({ flow: { to, protocol, port }, explanation: { verdict } }: Leg): string {
  return `  behind it ${endpointName(to)}, ${protocol} ${port}: ${verdict.verdict}`
}

function dependsLines({ reasons, strictly }: Extract<Verdict, { verdict: 'depends' }>): readonly string[] {
  return [
    ...reasons.map(({ code, message }) => `  ${code}: ${message}`),
    ...(strictly ? [`  taken literally, the documentation says: ${strictly}`] : []),
  ]
}

function legLines(leg: Leg, knowledge: Known): readonly string[] {
  const { egress, ingress, missing } = leg.explanation
  return [
    ...sideLines(leg, egress, knowledge),
    ...sideLines(leg, ingress, knowledge),
    ...missing.flatMap((one) => missingLines(leg, one, knowledge)),
  ]
}

function sideLines(leg: Leg, side: Side, knowledge: Known): readonly string[] {
  const { direction, state, answer, selectedBy, decidedBy } = side
  const end = direction === 'Egress' ? leg.flow.from : leg.flow.to
  const head = `  ${direction.toLowerCase()} of ${endpointName(end)}: `
  if (state === 'Outside') return [`${head}outside of the cluster, no policy applies`]
  if (state === 'Open') return [`${head}open, no policy selects it`]
  return [
    `${head}${answer}`,
    `    selected by ${selectedBy.map(refText).join(', ')}`,
    ...decidedBy.map((decision) => {
      const { policy, field, resourceRules, dependsOn } = decision
      const rules = policy.tenant === undefined ? [] : knowledge.rulesBehind(leg, side, policy.tenant, resourceRules)
      const origin = rules.length > 0 ? `, from ${rules.join(' or ')} of TenantIsolation ${policy.tenant}` : ''
      const condition = dependsOn.length > 0 ? ` (depends: ${dependsOn.join(', ')})` : ''
      return `    allowed by ${field} of ${policyName(policy)}${origin}${condition}`
    }),
  ]
}

function refText({ namespace, name, tenant }: PolicyRef): string {
  return `${namespace}/${name}${tenant === undefined ? '' : ` (tenant ${tenant})`}`
}

function missingLines(leg: Leg, missing: Missing, { suggested }: Known): readonly string[] {
  if (!suggested) return []
  const { direction, namespace, tenant, nearest } = missing
  const whose = tenant === undefined ? `in namespace ${namespace}` : `of TenantIsolation ${tenant}`
  const article = direction === 'Egress' ? 'an egress' : 'an ingress'
  const said = suggested(leg, missing)
  return [
    `  missing: ${article} rule ${whose}`,
    ...(nearest ? [`    ${nearestText(leg, direction, nearest)}`] : []),
    ...('why' in said ? [`    what to write cannot be said exactly: ${said.why}`] : suggestionLines(said.suggestion)),
  ]
}

function nearestText(
  { flow: { from, to } }: Leg,
  direction: Missing['direction'],
  { policy, field, resourceRules, lacks }: NearRule,
): string {
  const other = endpointName(direction === 'Egress' ? to : from)
  const origin = resourceRules.length === 1 ? `, from ${resourceRules[0]},` : ''
  return `nearest: ${field} of ${policyName(policy)}${origin} ${lacks === 'port' ? `names ${other}, but not the port` : `opens the port, but not for ${other}`}`
}

function suggestionLines(suggestion: Extract<Suggested, { suggestion: unknown }>['suggestion']): readonly string[] {
  const [head, value] =
    suggestion.form === 'Rule'
      ? [`to allow it, add to ${suggestion.field} of TenantIsolation ${suggestion.tenant}:`, [suggestion.rule]]
      : ['to allow it, apply:', suggestion.policy]
  return [
    `    ${head}`,
    ...yaml(value)
      .trimEnd()
      .split('\n')
      .map((line) => `      ${line}`),
  ]
}

function caseMarkdown(one: Case, knowledge: Knowledge): string {
  const lines = [...othersOf(one), ...judgedLines(one, knowledge)]
  return [`**${markdownText(headOf(one, PLAIN))}**`, '', '```', ...lines, '```'].join('\n')
}

function caseValue({ question, from, to, before, after }: Case, knowledge: Knowledge): unknown {
  const { protocol, port } = question
  return {
    from,
    to,
    protocol,
    port,
    ...(before && { before: judgedValue(before, { ...knowledge, suggested: undefined }) }),
    ...judgedValue(after, knowledge),
  }
}

function judgedValue({ verdict, legs }: Judged, knowledge: Known) {
  return {
    ...verdict,
    paths: legs.map((leg) => {
      const { verdict: own, egress, ingress, missing } = leg.explanation
      return {
        from: endpointName(leg.flow.from),
        to: endpointName(leg.flow.to),
        port: leg.flow.port,
        verdict: own.verdict,
        egress: sideValue(leg, egress, knowledge),
        ingress: sideValue(leg, ingress, knowledge),
        missing: missing.map((one) => ({ ...one, ...knowledge.suggested?.(leg, one) })),
      }
    }),
  }
}

function sideValue(leg: Leg, side: Side, { rulesBehind }: Known): unknown {
  return {
    state: side.state,
    answer: side.answer,
    selectedBy: side.selectedBy,
    decidedBy: side.decidedBy.map((decision) => ({
      ...decision,
      resourceRules: decision.policy.tenant === undefined ? [] : rulesBehind(leg, side, decision.policy.tenant, decision.resourceRules),
    })),
  }
}
