/** reachability/verdict.ts — one flow, one answer. */

import { type Endpoint, endpointName, type Pod } from './model.ts'
import type { Network } from './network.ts'
import { hasPort, isProtocol, type Protocol } from './ports.ts'
import { type ReachOptions, type Reason, reach } from './reach.ts'
import { type ReasonCode, reasonText } from './readings.ts'

/** A connection that `from` opens to `port` of `to`. Replies belong to it. A protocol that is not TCP, UDP or SCTP has no port: any will do. */
export type Flow = { readonly from: Endpoint; readonly to: Endpoint; readonly protocol: string; readonly port: number } & ReachOptions

export type Verdict =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'deny' }
  | {
      readonly verdict: 'depends'
      /** Why; the first reason is as good as the others. Never empty. */
      readonly reasons: readonly Pick<Reason, 'code' | 'message'>[]
      /** What the text says when it is taken literally (readings.ts STRICT); undefined where it says nothing. */
      readonly strictly: 'allow' | 'deny' | undefined
    }

/**
 * Whether the policies let the flow pass. `allow` and `deny` hold however the text is read, and for every address of a range;
 * anything else is `depends`.
 */
export function verdict(network: Network, flow: Flow): Verdict {
  const { from, to, protocol, port } = flow
  if (!isProtocol(protocol)) return otherProtocol(network, flow)
  const parts = reach(network, from, to, flow).map(
    ({ allowed, depends, strictly, reasons }) =>
      ({
        answer: hasPort(allowed, protocol, port) ? 'allow' : hasPort(depends, protocol, port) ? 'depends' : 'deny',
        strictly: hasPort(allowed, protocol, port) || hasPort(strictly, protocol, port) ? 'allow' : 'deny',
        reasons: reasons.filter((reason) => hasPort(reason.ports, protocol, port)).map(({ code, message }) => ({ code, message })),
      }) as const,
  )
  const [first] = parts
  if (first && first.answer !== 'depends' && parts.every(({ answer }) => answer === first.answer)) return { verdict: first.answer }
  const mixed = new Set(parts.map(({ answer }) => answer)).size > 1
  const reasons = new Map(parts.flatMap((part) => part.reasons).map((reason) => [reason.code, reason]))
  const strictly = new Set(parts.map((part) => part.strictly))
  return {
    verdict: 'depends',
    reasons: [...(mixed ? [reasonFor('PartOfRange', flow)] : []), ...reasons.values()],
    strictly: strictly.size === 1 ? first?.strictly : undefined,
  }
}

/** What a policy does to ICMP and the like is undefined in both directions: it may stop what it allows, and let pass what it does not. */
function otherProtocol(network: Network, flow: Flow): Verdict {
  const { from, to } = flow
  const isolated =
    (from.kind === 'Pod' && network.subject(from, 'Egress').policies.length > 0) ||
    (to.kind === 'Pod' && network.subject(to, 'Ingress').policies.length > 0)
  return isolated ? { verdict: 'depends', reasons: [reasonFor('OtherProtocol', flow)], strictly: undefined } : { verdict: 'allow' }
}

export function reasonFor(code: ReasonCode, { from, to }: Pick<Flow, 'from' | 'to'>): Pick<Reason, 'code' | 'message'> {
  return { code, message: reasonText(code, endpointName(from), endpointName(to)) }
}

/** The ports of the pod that have this name, by number: what "explain ... http" means. */
export function portsNamed(pod: Pod, name: string): readonly { readonly protocol: Protocol; readonly port: number }[] {
  return pod.ports.filter((port) => port.name === name).map(({ protocol, port }) => ({ protocol, port }))
}
