/** reachability/service.ts — one flow to the address of a Service, which ends at one of the pods behind it. */

import { type Endpoint, endpointName, outside } from './model.ts'
import { type Network, networkOf } from './network.ts'
import type { Protocol } from './ports.ts'
import { type ReasonCode, reasonText } from './readings.ts'
import { type Flow, type Verdict, verdict } from './verdict.ts'

/** A connection to a port of a Service. */
export type ServiceFlow = {
  readonly from: Endpoint
  readonly protocol: Protocol
  /** The port of the Service. */
  readonly port: number
  readonly service: {
    /** "kube-system/kube-dns" */
    readonly name: string
    /** Its cluster IPs; empty for a headless Service, whose clients connect to the pods. */
    readonly addresses: readonly string[]
    /** Who answers, and on which port there. */
    readonly backends: readonly { readonly to: Endpoint; readonly port: number }[]
  }
}

export type ServiceVerdict = {
  readonly verdict: Verdict
  /** For each backend, in the order in which they were given. */
  readonly backends: readonly Verdict[]
}

/**
 * Whether the flow passes. Network plugins compare the rules for the source with the address and port of the Service or with those
 * of the pod behind it (the concept page leaves it open): only where both agree the answer is certain. A Service without anybody
 * behind it reaches nobody.
 */
export function serviceVerdict(network: Network, flow: ServiceFlow): ServiceVerdict {
  const { from, service, protocol } = flow
  const ingressOnly = withoutEgress(network)
  const reason = (code: ReasonCode) => ({ code, message: reasonText(code, endpointName(from), service.name) })
  const virtual = service.addresses.length > 0 ? outside(service.name, service.addresses) : undefined
  const toService = virtual && verdict(network, { from, to: virtual, protocol, port: flow.port })
  const backends = service.backends.map(({ to, port }): Verdict => {
    const direct: Flow = { from, to, protocol, port }
    const translated = verdict(network, direct)
    if (!toService) return translated
    return either(translated, both(toService, verdict(ingressOnly, direct)), reason('ServiceAddress'))
  })
  return { verdict: ofAll(backends, reason('SomeBackends')), backends }
}

/** The same cluster as if nobody's egress were isolated: what is left to judge is who may be reached. */
function withoutEgress({ cluster, policies, assume }: Network): Network {
  const ingress = policies.map((policy) => ({ ...policy, rules: { ...policy.rules, Egress: undefined } }))
  return networkOf(cluster, ingress, assume)
}

type Depends = Extract<Verdict, { verdict: 'depends' }>
type Reason = Depends['reasons'][number]

function reasonsOf(...verdicts: readonly Verdict[]): Depends['reasons'] {
  const all = verdicts.flatMap((one) => (one.verdict === 'depends' ? one.reasons : []))
  return [...new Map(all.map((reason) => [reason.code, reason])).values()]
}

/** Two sides of one way: it is open when both are. */
function both(a: Verdict, b: Verdict): Verdict {
  if (a.verdict === 'deny' || b.verdict === 'deny') return { verdict: 'deny' }
  if (a.verdict === 'allow') return b
  if (b.verdict === 'allow') return a
  return { verdict: 'depends', reasons: reasonsOf(a, b), strictly: bothLiterally(a.strictly, b.strictly) }
}

function bothLiterally(a: Depends['strictly'], b: Depends['strictly']): Depends['strictly'] {
  return a === 'deny' || b === 'deny' ? 'deny' : a && b
}

/** Two ways to judge one flow. The text does not say which one counts, so that it says nothing where they differ. */
function either(a: Verdict, b: Verdict, reason: Reason): Verdict {
  if (a.verdict === b.verdict && a.verdict !== 'depends') return a
  const differ = a.verdict !== b.verdict
  return {
    verdict: 'depends',
    reasons: [...(differ ? [reason] : []), ...reasonsOf(a, b)],
    strictly: strictlyOf(a) === strictlyOf(b) ? strictlyOf(a) : undefined,
  }
}

function ofAll(backends: readonly Verdict[], reason: Reason): Verdict {
  const answers = new Set(backends.map((backend) => backend.verdict))
  const [first = { verdict: 'deny' } as const] = backends
  if (answers.size <= 1 && first.verdict !== 'depends') return first
  const literal = new Set(backends.map(strictlyOf))
  return {
    verdict: 'depends',
    reasons: [...(answers.size > 1 ? [reason] : []), ...reasonsOf(...backends)],
    strictly: literal.size === 1 ? [...literal][0] : undefined,
  }
}

function strictlyOf(one: Verdict): 'allow' | 'deny' | undefined {
  return one.verdict === 'depends' ? one.strictly : one.verdict
}
