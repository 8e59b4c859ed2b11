/** reachability/explain.ts — why a flow passes or does not: who selects, which rule decides, and on a deny, what is missing where. */

import type { Direction } from '../api/network.ts'
import { type Missing, missingOn } from './nearest.ts'
import { isPeer, type Network, rulePorts, type View } from './network.ts'
import { isOurs, type Policy, resourceRulesOf, tenantOfPolicy } from './policy.ts'
import { hasPort, isProtocol, type Protocol } from './ports.ts'
import { isWaved, partsBetween, sideInWorld, viewOf } from './reach.ts'
import type { ReasonCode } from './readings.ts'
import { type Flow, type Verdict, verdict } from './verdict.ts'
import { codesThatMatter, type Ends, type World, worldsOf } from './worlds.ts'

/** A policy by name; `tenant` is there for the policies that the operator made. */
export type PolicyRef = { readonly namespace: string; readonly name: string; readonly ours: boolean; readonly tenant?: string }

/** A rule that lets the flow pass on its side. */
export type Decision = {
  readonly policy: PolicyRef
  /** Where in the policy: "spec.egress[0]". */
  readonly field: string
  readonly rule: number
  /** Index in `from` or `to`; undefined for a rule that names nobody and so means everybody. */
  readonly peer: number | undefined
  /** Index in `ports`; undefined for a rule that names no port and so means every port. */
  readonly port: number | undefined
  /** Rules of the TenantIsolation that this one may come from: one when that is certain, none when the policy is not ours. */
  readonly resourceRules: readonly string[]
  /** Empty: the rule lets the flow pass however the text is read. */
  readonly dependsOn: readonly ReasonCode[]
}

export type Side = {
  readonly direction: Direction
  /** Outside: policies do not speak of this end. Open: no policy selects it in this direction. Isolated: only what a rule allows. */
  readonly state: 'Outside' | 'Open' | 'Isolated'
  readonly answer: 'allow' | 'deny' | 'depends'
  /** Which policies select this end, by name. */
  readonly selectedBy: readonly PolicyRef[]
  readonly decidedBy: readonly Decision[]
}

export type Explanation = {
  readonly verdict: Verdict
  /** The source's side. */
  readonly egress: Side
  /** The destination's side. */
  readonly ingress: Side
  /** One for each side that does not let the flow pass for certain; empty where the flow is allowed. */
  readonly missing: readonly Missing[]
}

/** Why the flow passes or not. Of protocols that NetworkPolicy does not know, only the verdict and who selects is said. */
export function explain(network: Network, flow: Flow): Explanation {
  const answer = verdict(network, flow)
  const sides = [sideOf(network, flow, 'Egress'), sideOf(network, flow, 'Ingress')] as const
  const { protocol } = flow
  const missing =
    answer.verdict === 'allow' || !isProtocol(protocol)
      ? []
      : sides.flatMap(({ answer: one, direction }) => (one === 'allow' ? [] : missingOn(network, { ...flow, protocol }, direction, one)))
  return { verdict: answer, egress: sides[0], ingress: sides[1], missing }
}

export function policyRef(policy: Policy): PolicyRef {
  const tenant = tenantOfPolicy(policy)
  return { namespace: policy.namespace, name: policy.name, ours: isOurs(policy), ...(tenant !== undefined && { tenant }) }
}

function sideOf(network: Network, flow: Flow, direction: Direction): Side {
  const subject = direction === 'Egress' ? flow.from : flow.to
  const policies = subject.kind === 'Pod' ? network.subject(subject, direction).policies : []
  const state = subject.kind === 'Outside' ? 'Outside' : policies.length > 0 ? 'Isolated' : 'Open'
  const base = { direction, state, selectedBy: policies.map(policyRef) } as const
  const { protocol, port } = flow
  if (state !== 'Isolated') return { ...base, answer: 'allow', decidedBy: [] }
  if (!isProtocol(protocol)) return { ...base, answer: 'depends', decidedBy: [] }
  const scenes = scenesOf(network, flow)
  const passes = scenes.map(
    ({ ends, world }) => isWaved(network, ends, world) || hasPort(sideInWorld(network, ends, direction, world), protocol, port),
  )
  const answer = passes.every((one) => one) ? 'allow' : passes.some((one) => one) ? 'depends' : 'deny'
  return { ...base, answer, decidedBy: policies.flatMap((policy) => decisionsOf(network, policy, { direction, protocol, port }, scenes)) }
}

/** One world, and where one end is a range, one part of it. Scenes of a part stand together, in the order of its worlds. */
type Scene = { readonly part: number; readonly ends: Ends; readonly world: World }

type Asked = { readonly direction: Direction; readonly protocol: Protocol; readonly port: number }

function scenesOf(network: Network, { from, to, throughService = false }: Flow): readonly Scene[] {
  const parts = from.kind === 'Pod' && to.kind === 'Pod' ? [[0n]] : partsBetween(network, from, to)
  return parts.flatMap(([place = 0n], part) => {
    const ends: Ends = { from, to, place, rewritten: throughService && from.kind === 'Outside' }
    return worldsOf(network, ends).all.map((world) => ({ part, ends, world }))
  })
}

function decisionsOf(network: Network, policy: Policy, asked: Asked, scenes: readonly Scene[]): readonly Decision[] {
  const { direction } = asked
  return (policy.rules[direction] ?? []).flatMap((rule, index) => {
    const candidates = rule.peers.length === 0 ? [undefined] : rule.peers.map((_, peer) => peer)
    return candidates.flatMap((peer) => {
      const ports = scenes.map((scene) => portIndex(network, policy, { ...asked, rule: index, peer }, scene))
      const port = ports.find((found) => found !== undefined)
      if (port === undefined) return []
      return [
        {
          policy: policyRef(policy),
          field: `spec.${direction.toLowerCase()}[${index}]`,
          rule: index,
          peer,
          port: port === 'every' ? undefined : port,
          resourceRules: resourceRulesOf(policy, direction),
          dependsOn: dependsOn(network, scenes, ports),
        },
      ]
    })
  })
}

/** The first port of the rule that lets the flow pass in this scene, given that this peer does; undefined when none does. */
function portIndex(
  network: Network,
  policy: Policy,
  { direction, protocol, port, rule: index, peer: peerIndex }: Asked & { readonly rule: number; readonly peer: number | undefined },
  { ends, world }: Scene,
): number | 'every' | undefined {
  const subject = direction === 'Egress' ? ends.from : ends.to
  if (subject.kind === 'Outside' || (subject.hostNetwork && world.hostNetwork === 'Node')) return undefined
  const other = direction === 'Egress' ? viewOf(ends.to, world, world.toPlace) : viewOf(ends.from, world, world.fromPlace)
  const target: View = direction === 'Egress' ? other : { as: 'Pod', pod: subject }
  const rule = policy.rules[direction]?.[index]
  const peer = peerIndex === undefined ? undefined : rule?.peers[peerIndex]
  if (!rule || (peer && !isPeer(network, policy.namespace, peer, other, world))) return undefined
  if (rule.ports.length === 0) return 'every'
  const found = rule.ports.findIndex((one) => {
    const alone = one.form === 'Numbers' ? { numbered: one.ports, named: [] } : { numbered: [], named: [one] }
    return hasPort(rulePorts({ ...rule, ...alone }, target, world), protocol, port)
  })
  return found < 0 ? undefined : found
}

function dependsOn(network: Network, scenes: readonly Scene[], ports: readonly unknown[]): readonly ReasonCode[] {
  const byPart = Map.groupBy(scenes.keys(), (index) => scenes[index]?.part)
  const decides = [...byPart.values()].map((indexes) => indexes.map((index) => ports[index] !== undefined))
  const codes = [...byPart.values()].flatMap((indexes, part) => {
    const ends = scenes[indexes[0] ?? 0]?.ends
    return ends ? codesThatMatter(worldsOf(network, ends), decides[part] ?? []) : []
  })
  const parts = decides.map((worlds) => worlds.some((one) => one))
  return [...new Set<ReasonCode>([...(parts.every((one) => one) ? [] : ['PartOfRange' as const]), ...codes])]
}
