/** cli/report/collect/examples.ts — PURE: for a pair of namespaces, flows between their pods that show why something is open. */

import {
  byWorkload,
  type Decision,
  type Endpoint,
  type Explanation,
  endpointName,
  explain,
  intersectPorts,
  type Network,
  type Outside,
  onlyAddress,
  type Pod,
  type PortRange,
  type PortSet,
  portRanges,
  reach,
  type Side,
  unionPorts,
} from '../../../reachability/reachability.ts'
import { API_SERVER } from '../../network/outside.ts'
import type { Because, Example } from '../model.ts'
import { type Cell, openPorts } from './flows.ts'

/** Who stands for the two ends of a cell. */
export type Ends = { readonly from: readonly Endpoint[]; readonly to: readonly Endpoint[] }

/** So many pairs of workloads are tried for a pair of namespaces, and so many rules are named for a side. */
const MOST_PAIRS = 400
const MOST_RULES = 4

/** One example for each kind of port that the cell has: because of others, certain, depending; at most `most`. */
export function examplesFor(network: Network, cell: Cell, ends: Ends, most: number): readonly Example[] {
  const { foreign, sure, depends } = openPorts([cell])
  const wanted = [foreign, sure, depends].filter((ports) => ports.length > 0).slice(0, most)
  const found: (Example | undefined)[] = wanted.map(() => undefined)
  for (const [from, to] of candidates(ends)) {
    const open = unionPorts(...reach(network, from, to).map(({ allowed, depends: maybe }) => unionPorts(allowed, maybe)))
    for (const [index, ports] of wanted.entries()) {
      const port = found[index] ? undefined : portIn(intersectPorts(open, ports))
      if (port) found[index] = exampleOf(network, from, to, port)
    }
    if (found.every((one) => one !== undefined)) break
  }
  return found.filter((one) => one !== undefined)
}

/** Pairs of pods: of each two workloads one, so that a Deployment of a hundred pods is tried once; and behind them, pods that share a node. */
function* candidates({ from, to }: Ends): Iterable<readonly [from: Endpoint, to: Endpoint]> {
  let left = MOST_PAIRS
  for (const [sources, destinations, onOneNode] of [
    [onePerWorkload(from), onePerWorkload(to), false],
    [from, to, true],
  ] as const) {
    for (const source of sources) {
      for (const destination of destinations) {
        if (source === destination || (onOneNode && !shareNode(source, destination))) continue
        if (left-- === 0) return
        yield [source, destination]
      }
    }
  }
}

function shareNode(a: Endpoint, b: Endpoint): boolean {
  return a.kind === 'Pod' && b.kind === 'Pod' && a.nodePlaces.some((place) => b.nodePlaces.includes(place))
}

function onePerWorkload(ends: readonly Endpoint[]): readonly Endpoint[] {
  return [...new Map(ends.toReversed().map((end) => [end.kind === 'Pod' ? byWorkload(end) : end, end])).values()].reverse()
}

export function endsOf(cell: Cell, podsOf: (end: Cell['source']) => readonly Pod[]): Ends {
  const outside = ({ group: name }: Cell['source']): readonly Outside[] =>
    cell.addresses
      ? [{ kind: 'Outside', name, addresses: cell.addresses, single: name === API_SERVER ? onlyAddress(cell.addresses) : undefined }]
      : []
  const end = (one: Cell['source']) => (one.namespace === '' ? outside(one) : podsOf(one))
  return { from: end(cell.source), to: end(cell.destination) }
}

/** A port that people know, where a whole range is open. */
function portIn(ports: PortSet): PortRange | undefined {
  const ranges = portRanges(ports)
  const [first] = ranges
  const known = [443, 80].find((port) => ranges.some((range) => range.protocol === 'TCP' && range.port <= port && port <= range.endPort))
  return first && first.port !== first.endPort && known !== undefined ? { protocol: 'TCP', port: known, endPort: known } : first
}

function exampleOf(network: Network, from: Endpoint, to: Endpoint, { protocol, port }: PortRange): Example {
  const explanation = explain(network, { from, to, protocol, port })
  const { verdict, egress, ingress } = explanation
  return {
    from: nameOf(from),
    to: nameOf(to),
    port: `${protocol} ${port}`,
    answer: verdict.verdict === 'allow' ? 'allow' : 'depends',
    because: [...becauseOf(egress), ...becauseOf(ingress)],
    notes: notesOf(explanation),
  }
}

/** The workload, which people know, rather than one of its pods. */
function nameOf(endpoint: Endpoint): string {
  if (endpoint.kind === 'Outside') return endpoint.name
  return endpoint.workload ? `${endpoint.namespace}/${endpoint.workload.name}` : endpointName(endpoint)
}

function becauseOf({ direction, state, decidedBy }: Side): readonly Because[] {
  const side = direction === 'Egress' ? 'egress' : 'ingress'
  if (state === 'Outside') return []
  if (state === 'Open') return [{ side, rule: `no policy isolates it: all ${side} is open`, policy: '', foreign: false }]
  // A rule that names several peers counts once.
  const rules = new Map(decidedBy.map((decision) => [`${decision.policy.namespace}/${decision.policy.name} ${decision.field}`, decision]))
  return [...rules]
    .slice(0, MOST_RULES)
    .map(([policy, decision]) => ({ side, rule: ruleText(decision), policy, foreign: !decision.policy.ours }))
}

function ruleText({ policy, resourceRules }: Decision): string {
  if (!policy.ours) return 'a policy that the operator did not make'
  const rules = resourceRules.length === 0 ? 'a rule' : resourceRules.join(' or ')
  return policy.tenant === undefined ? rules : `${rules} of TenantIsolation ${policy.tenant}`
}

function notesOf({ verdict, egress, ingress }: Explanation): readonly string[] {
  return [
    ...(verdict.verdict === 'depends' ? verdict.reasons.map(({ message }) => message) : []),
    ...([egress, ingress].some(({ decidedBy }) => decidedBy.length > MOST_RULES) ? ['there may be more rules that let it pass'] : []),
  ]
}
