/** reachability/engine/compiled.ts — the rules of one network worked out for classes: who is meant by each, and what it opens on whom. */

import { DIRECTIONS, type Direction } from '../../api/network.ts'
import type { EndpointClass } from '../classes.ts'
import { type Network, rulePorts } from '../network.ts'
import type { Policy, Rule } from '../policy.ts'
import { NO_PORTS } from '../ports.ts'
import { STRICT } from '../readings.ts'
import { type Judged, type Meant, meaningOf } from './meant.ts'
import type { PortPool, PortsId } from './pool.ts'

/** What a rule lets its pods open: these ports of those that are meant; undefined: of everybody. */
export type EgressOpening = { readonly policy: Policy; readonly ports: PortsId; readonly to: Meant | undefined }

/** What is open to somebody: these ports of the classes in `to`. `policy` is known where the policy was to be kept apart. */
export type IngressOpening = { readonly policy: Policy | undefined; readonly ports: PortsId; readonly to: readonly number[] }

export type Compiled = {
  /** By number of the class: whether it is there, and judged by its rules alone. */
  readonly present: Uint8Array
  /** By number of the class: whether policies select it in this direction. */
  readonly isolated: Readonly<Record<Direction, Uint8Array>>
  /** By number of the class: whether it is present, and its ingress is not isolated. */
  readonly open: Uint8Array
  /** By number of the class: what the policies that select it let it open. */
  readonly egress: readonly (readonly EgressOpening[])[]
  /** By number of the class: what is open to it surely, and what in some reading only. */
  readonly surelyTo: readonly (readonly IngressOpening[])[]
  readonly maybeTo: readonly (readonly IngressOpening[])[]
  /** What is open to everybody. */
  readonly toEverybody: readonly IngressOpening[]
  /** Whether anything is meant in some reading only. */
  readonly uncertain: boolean
}

/** `apart`: the policies whose ingress openings are to be known by their policy; those of all others are joined where they are alike. */
export function compile(
  network: Network,
  index: number,
  classes: readonly EndpointClass[],
  pool: PortPool,
  apart: (policy: Policy) => boolean,
): Compiled {
  const judged = classes.flatMap((one): Judged[] => {
    const endpoint = one.special ? undefined : one.in[index]
    if (!endpoint) return []
    return [endpoint.kind === 'Pod' ? { id: one.id, pod: endpoint } : { id: one.id, place: endpoint.addresses[0] ?? 0n }]
  })
  const meaning = meaningOf(network, judged)
  const present = new Uint8Array(classes.length)
  const isolated = { Ingress: new Uint8Array(classes.length), Egress: new Uint8Array(classes.length) }
  const egress: (readonly EgressOpening[])[] = classes.map(() => [])
  const inward = new Map<
    string,
    { readonly policy: Policy | undefined; readonly ports: PortsId; readonly from: Meant | undefined; readonly to: number[] }
  >()
  const opened = new Map<Rule, readonly EgressOpening[]>()

  for (const { id, pod } of judged) {
    present[id] = 1
    if (!pod) continue
    for (const direction of DIRECTIONS) isolated[direction][id] = network.subject(pod, direction).policies.length > 0 ? 1 : 0
    egress[id] = network.subject(pod, 'Egress').policies.flatMap((policy) =>
      (policy.rules.Egress ?? []).flatMap((rule) => {
        const openings = opened.get(rule) ?? egressOpenings(policy, rule)
        opened.set(rule, openings)
        return openings
      }),
    )
    for (const policy of network.subject(pod, 'Ingress').policies) {
      for (const rule of policy.rules.Ingress ?? []) addIngress(id, pod, policy, rule)
    }
  }
  const open = present.map((there, id) => (there && !isolated.Ingress[id] ? 1 : 0))
  return { present, isolated, open, egress, ...byWhoIsMeant() }

  function egressOpenings(policy: Policy, rule: Rule): readonly EgressOpening[] {
    const meant = rule.peers.length === 0 ? [undefined] : rule.peers.map((peer) => meaning(policy.namespace, peer).meant)
    return meant.flatMap((to) => [
      ...(rule.numbered.length > 0 ? [{ policy, ports: pool.idOf(rule.numbered), to }] : []),
      ...(rule.named.length > 0 ? namedOpenings(policy, rule, to) : []),
    ])
  }

  /** A name stands for different ports on different pods, and for none on an address. */
  function namedOpenings(policy: Policy, rule: Rule, to: Meant | undefined): readonly EgressOpening[] {
    const byPorts = new Map<PortsId, { surely: number[]; maybe: number[] }>()
    const podOf = (id: number) => classes[id]?.in[index]
    const add = (ids: readonly number[], how: 'surely' | 'maybe') => {
      for (const id of ids) {
        const pod = podOf(id)
        const ports = pod?.kind === 'Pod' ? pool.idOf(rulePorts({ ...rule, numbered: NO_PORTS }, { as: 'Pod', pod }, STRICT)) : 0
        if (ports === 0) continue
        const group = byPorts.get(ports) ?? { surely: [], maybe: [] }
        group[how].push(id)
        byPorts.set(ports, group)
      }
    }
    add(to?.surely ?? judged.map(({ id }) => id), 'surely')
    add(to?.maybe ?? [], 'maybe')
    return [...byPorts].map(([ports, group]) => ({ policy, ports, to: group }))
  }

  function addIngress(id: number, pod: Extract<Judged, { pod: unknown }>['pod'], policy: Policy, rule: Rule): void {
    if (!pod) return
    const ports = pool.idOf(rulePorts(rule, { as: 'Pod', pod }, STRICT))
    if (ports === 0) return
    const separate = apart(policy) ? policy : undefined
    const key = separate ? `${policy.namespace}/${policy.name}` : ''
    const peers = rule.peers.length === 0 ? [{ text: '*', meant: undefined }] : rule.peers.map((peer) => meaning(policy.namespace, peer))
    for (const { text, meant } of peers) {
      const opening = inward.get(`${key} ${ports} ${text}`) ?? { policy: separate, ports, from: meant, to: [] }
      if (opening.to.at(-1) !== id) opening.to.push(id)
      inward.set(`${key} ${ports} ${text}`, opening)
    }
  }

  function byWhoIsMeant(): Pick<Compiled, 'surelyTo' | 'maybeTo' | 'toEverybody' | 'uncertain'> {
    const surelyTo: IngressOpening[][] = classes.map(() => [])
    const maybeTo: IngressOpening[][] = classes.map(() => [])
    const toEverybody: IngressOpening[] = []
    for (const { from, ...opening } of inward.values()) {
      if (!from) toEverybody.push(opening)
      for (const id of from?.surely ?? []) surelyTo[id]?.push(opening)
      for (const id of from?.maybe ?? []) maybeTo[id]?.push(opening)
    }
    const uncertain = maybeTo.some(({ length }) => length > 0) || egress.some((some) => some.some(({ to }) => (to?.maybe.length ?? 0) > 0))
    return { surelyTo, maybeTo, toEverybody, uncertain }
  }
}
