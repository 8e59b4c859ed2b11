/** cli/test/outcomes.ts — PURE: each expectation against the network: what became of it, and why. */

import {
  type Explanation,
  endpointName,
  explain,
  type Network,
  policyName,
  type Side,
  serviceVerdict,
  type Verdict,
  verdict,
} from '../../reachability/reachability.ts'
import { type Question, questionsOf, targetName } from '../explain/cases.ts'
import { type End, endOf, type Named } from '../network/ends.ts'
import { UsageError } from '../usage-error.ts'
import type { Expectation, Expected, FlowExpectation } from './expectations.ts'

export type Outcome = { readonly expectation: Expectation } & (
  | { readonly result: 'passed' }
  /** `actual` is the verdict of the first flow that differs. */
  | { readonly result: 'failed'; readonly actual: Expected; readonly explanation: string }
  /** An end or a port is not there, so that nothing can be judged. */
  | { readonly result: 'error'; readonly explanation: string }
)

/** Remembers what its ends are, so that thousands of flows between the same ends cost little. */
export function createFlowJudge(network: Network, named: Named): (expectation: FlowExpectation) => Outcome {
  const ends = new Map<string, End>()
  const find = (text: string): End => {
    const end = ends.get(text) ?? endOf(text, named)
    ends.set(text, end)
    return end
  }
  return (expectation) => {
    try {
      return outcomeOf(expectation, questionsOf(find(expectation.from), find(expectation.to), expectation.port), network)
    } catch (error) {
      if (error instanceof UsageError) return { expectation, result: 'error', explanation: error.message }
      throw error
    }
  }
}

/** Every flow between the two ends has to be as expected. */
function outcomeOf(expectation: FlowExpectation, questions: readonly Question[], network: Network): Outcome {
  const verdicts = questions.map((question) => ({ question, answer: verdictOf(network, question) }))
  const others = verdicts.filter(({ answer }) => answer.verdict !== expectation.expect)
  const [first] = others
  if (!first) return { expectation, result: 'passed' }
  const share = questions.length > 1 ? `${others.length} of ${questions.length} flows; the first, ${nameOf(first.question)}: ` : ''
  return {
    expectation,
    result: 'failed',
    actual: first.answer.verdict,
    explanation: `${share}${reasonOf(network, first.question, first.answer)}`,
  }
}

function verdictOf(network: Network, { from, to, service, protocol, port }: Question): Verdict {
  if (service) {
    const { addresses, backends, namespace } = service
    const name = `${namespace}/${service.service}`
    return serviceVerdict(network, { from, protocol, port, service: { name, addresses, backends } }).verdict
  }
  return to ? verdict(network, { from, to, protocol, port }) : { verdict: 'deny' }
}

function nameOf(question: Question): string {
  const { from, protocol, port } = question
  return `${endpointName(from)} -> ${targetName(question)} ${protocol} ${port}`
}

/** Why it is as it is, in a sentence: what is missing, what lets it pass, or on what it depends. */
function reasonOf(network: Network, { from, to, service, protocol, port }: Question, answer: Verdict): string {
  if (answer.verdict === 'depends') return answer.reasons.map(({ message }) => message).join('; ')
  // Of the pods behind a Service, one that comes out like the whole.
  const legs = service ? service.backends.map((backend) => ({ ...backend })) : to ? [{ to, port }] : []
  if (legs.length === 0) return 'nobody is behind the Service'
  const explained = legs.map((leg) => explain(network, { from, to: leg.to, protocol, port: leg.port }))
  const explanation = explained.find((one) => one.verdict.verdict === answer.verdict) ?? explained[0]
  if (!explanation) return ''
  return answer.verdict === 'deny' ? whyNot(explanation) : `${sideText(explanation.egress)}; ${sideText(explanation.ingress)}`
}

function whyNot({ missing }: Explanation): string {
  return missing.map(({ message }) => message).join('; ')
}

function sideText({ direction, state, decidedBy }: Side): string {
  const side = direction.toLowerCase()
  if (state === 'Outside') return `${side}: outside of the cluster`
  if (state === 'Open') return `${side}: no policy isolates it`
  const rules = [
    ...new Set(
      decidedBy.map(({ policy, field, resourceRules }) => {
        const origin = resourceRules.length > 0 ? `, from ${resourceRules.join(' or ')} of TenantIsolation ${policy.tenant}` : ''
        return `${field} of ${policyName(policy)}${origin}`
      }),
    ),
  ]
  return rules.length === 0 ? `${side}: allowed without a rule` : `${side}: allowed by ${rules.join(' and ')}`
}
