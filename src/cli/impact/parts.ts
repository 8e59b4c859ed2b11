/** cli/impact/parts.ts — PURE: a change of flows, cut into parts by what the ports are for, so that what matters does not drown in "all ports". */

import {
  type Change,
  intersectPorts,
  type PortSet,
  portSet,
  portsText,
  subtractPorts,
  unionPorts,
} from '../../reachability/reachability.ts'
import { API_SERVER } from '../network/outside.ts'
import type { ServicePort } from '../network/services.ts'

/** What a flow is for, the riskiest first. */
export const PURPOSES = ['DNS', 'APIServer', 'Ingress', 'Service', 'Outside', 'ContainerPort', 'Other'] as const
export type Purpose = (typeof PURPOSES)[number]

export type Part = {
  readonly purpose: Purpose
  /** "Service shop/database", "Ingress shop/front by Service shop/webserver"; undefined where no name leads there. */
  readonly through: string | undefined
  readonly from: string
  readonly to: string
  /** The addresses that are meant, where one end is outside. */
  readonly addresses: Change['addresses']
  readonly ports: PortSet
  /** The ports in words: "TCP 5432", "other ports". */
  readonly text: string
  /** False where it depends on the network plugin whether the flow is lost, or gained. */
  readonly certain: boolean
  readonly pairs: number
  readonly example: Change['example']
}

/** What is known of the pods of one group. */
export type Target = {
  readonly services: readonly ServicePort[]
  /** The ports that their containers name. */
  readonly declared: PortSet
}

export type Purposes = {
  readonly isDns: (service: ServicePort) => boolean
  readonly apiServerPorts: PortSet
  readonly outside: ReadonlySet<string>
  /** By group. */
  readonly targets: ReadonlyMap<string, Target>
  /** The name under which a group is shown. */
  readonly nameOf: (group: string) => string
  /** The same for what is of little interest: ports that nothing names. */
  readonly coarseNameOf: (group: string) => string
}

export function partsOf(change: Change, purposes: Purposes): readonly Part[] {
  const certain = cut(change, change.ports, true, purposes)
  return change.depends.length === 0 ? certain : [...certain, ...cut(change, change.depends, false, purposes)]
}

type Use = { readonly purpose: Purpose; readonly through: string | undefined; readonly ports: PortSet }

function cut(change: Change, ports: PortSet, certain: boolean, purposes: Purposes): readonly Part[] {
  const { from, to, addresses, pairs, example } = change
  const base = { from: purposes.nameOf(from), to: purposes.nameOf(to), addresses, certain, pairs, example }
  const parts: Part[] = []
  let rest = ports
  for (const { purpose, through, ports: used } of usesOf(change, purposes)) {
    const hit = intersectPorts(rest, used)
    if (hit.length === 0) continue
    parts.push({ ...base, purpose, through, ports: hit, text: portsText(hit) })
    rest = subtractPorts(rest, used)
  }
  if (rest.length === 0) return parts
  const { outside, coarseNameOf } = purposes
  if (outside.has(from) || outside.has(to))
    return [...parts, { ...base, purpose: 'Outside', through: undefined, ports, text: portsText(ports) }]
  const names = { from: coarseNameOf(from), to: coarseNameOf(to) }
  return [...parts, { ...base, ...names, purpose: 'Other', through: undefined, ports: rest, text: 'other ports' }]
}

/** What the ports of the destination are for, the riskiest first: a port counts once. */
function usesOf({ from, to }: Change, { isDns, apiServerPorts, outside, targets }: Purposes): readonly Use[] {
  if (to === API_SERVER) return [{ purpose: 'APIServer', through: undefined, ports: apiServerPorts }]
  const { services, declared } = targets.get(to) ?? { services: [], declared: [] }
  // Who is outside reaches only some Services; the API server calls webhooks through any of them.
  const isStranger = outside.has(from) && from !== API_SERVER
  const reachable = services.filter(({ type, ingresses }) => !isStranger || type !== 'ClusterIP' || ingresses.length > 0)
  const uses = reachable.map((service): Use => {
    const name = `Service ${service.namespace}/${service.service}`
    const ports = unionPorts(...service.backends.map(({ port }) => portSet(service.protocol, port)))
    if (isDns(service)) return { purpose: 'DNS', through: name, ports }
    if (service.ingresses.length === 0) return { purpose: 'Service', through: name, ports }
    return { purpose: 'Ingress', through: `Ingress ${service.ingresses.join(', ')} by ${name}`, ports }
  })
  const byName = Map.groupBy(uses, ({ purpose, through }) => `${purpose} ${through}`)
  const joined = [...byName.values()].map((some): Use => ({ ...(some[0] as Use), ports: unionPorts(...some.map(({ ports }) => ports)) }))
  const byRisk = joined.sort((a, b) => PURPOSES.indexOf(a.purpose) - PURPOSES.indexOf(b.purpose))
  return outside.has(from) ? byRisk : [...byRisk, { purpose: 'ContainerPort', through: undefined, ports: declared }]
}
