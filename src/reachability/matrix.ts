/** reachability/matrix.ts — who can reach whom, between groups of pods and what is outside. */

import type { AddressSet } from './addresses.ts'
import { joinAlike } from './changes.ts'
import { spaceOf } from './classes.ts'
import { rowsOf } from './engine/rows.ts'
import type { Sum } from './engine/sums.ts'
import { type Judge, tally } from './engine/tally.ts'
import { type GroupOf, type Groups, groupsOf } from './groups.ts'
import type { Outside } from './model.ts'
import { type Network, networkOf } from './network.ts'
import { isOurs, type Policy } from './policy.ts'
import { intersectPorts, NO_PORTS, type PortSet, subtractPorts, unionPorts } from './ports.ts'
import { gainedPorts, type Reach } from './reach.ts'
import { REASON_CODES, type ReasonCode } from './readings.ts'
import { finish, type Steps } from './steps.ts'

/** What pods of one group may open to pods of another. */
export type MatrixCell = {
  readonly from: string
  readonly to: string
  /** Where one end is outside: the addresses that this is about. Between the same two names, there may be several cells that differ in it. */
  readonly addresses: AddressSet | undefined
  /** Ports on which some pod of `from` certainly reaches some pod of `to`. */
  readonly ports: PortSet
  /** Further ports on which that depends on what NetworkPolicy leaves open, and on what of it. */
  readonly depends: PortSet
  readonly reasons: readonly ReasonCode[]
  /** Ports on which some pod reaches some other only because of policies that are not ours. */
  readonly foreign: PortSet
  /** Between how many pairs of pods something is certainly open, and how many pairs there are. */
  readonly pairs: number
  readonly allPairs: number
}

export type Matrix = {
  /** The names of the groups of pods, sorted; also of those that reach nobody. */
  readonly groups: readonly string[]
  /** The names of what is outside, in the order in which it was given. */
  readonly outside: readonly string[]
  /** Only those in which something is open or depends; by `from`, then by `to`. */
  readonly cells: readonly MatrixCell[]
}

export type MatrixQuestion = {
  readonly groupOf: GroupOf
  /** What is outside and of interest: the Internet, an office. Nothing unless said. */
  readonly outside?: readonly Outside[]
  /** Which policies are ours; those that the operator made unless said. */
  readonly ours?: (policy: Policy) => boolean
}

/** What a pod does with itself is left out: nothing can stop it. */
export function matrix(network: Network, question: MatrixQuestion): Matrix {
  return finish(matrixInSteps(network, question))
}

/** The same, row by row. */
export function* matrixInSteps(network: Network, { groupOf, outside = [], ours = isOurs }: MatrixQuestion): Steps<Matrix> {
  const own = network.policies.filter(ours)
  const networks = own.length < network.policies.length ? [network, networkOf(network.cluster, own, network.assume)] : [network]
  const rows = rowsOf(spaceOf(networks, outside))
  const groups = groupsOf(rows.space, groupOf)
  const kinds = kindsFor(network)
  const sums = yield* tally(rows, groups, judgeOf(kinds), kinds.length)
  const cells = sums.map(({ from, to, sums: byKind }) => cellOf(groups, from, to, (kind) => byKind[kinds.indexOf(kind)], rows.pool.get))
  return {
    groups: groups.all.flatMap(({ name, addresses }) => (addresses ? [] : [name])),
    outside: outside.map(({ name }) => name),
    cells: joinAddresses(cells),
  }
}

type Kind = 'Surely' | 'Maybe' | 'Foreign' | ReasonCode

/** The fourth is the one reason that a pair may have which is judged by its rules alone: what an ipBlock means. */
const MASK_KINDS = 4

function kindsFor({ assume }: Network): readonly Kind[] {
  const ranges = assume.ipBlocks === undefined ? 'IPBlockOnPods' : 'AddressUnknown'
  return ['Surely', 'Maybe', 'Foreign', ranges, ...REASON_CODES.filter((code) => code !== ranges)]
}

/** The first network is the one in question, the second, where there is one, has only our policies. */
function judgeOf(kinds: readonly Kind[]): Judge {
  return {
    kinds: MASK_KINDS,
    masks: (passes, out) => {
      const [surely, maybe] = [passes[0] ?? 0, passes[1] ?? 0]
      const [oursSurely, oursMaybe] = [passes[2] ?? surely, passes[3] ?? maybe]
      out[0] = surely
      out[1] = maybe
      out[2] = (surely & ~oursSurely) | (maybe & ~oursMaybe)
      out[3] = maybe & ~surely
    },
    reaches: ([all, own = all]) => kinds.map((kind) => portsOfKind(kind, all, own)),
  }
}

function portsOfKind(kind: Kind, all: Reach | undefined, own: Reach | undefined): PortSet {
  if (!all) return NO_PORTS
  if (kind === 'Surely') return all.allowed
  if (kind === 'Maybe') return unionPorts(all.allowed, all.depends)
  if (kind === 'Foreign') return gainedPorts(own, all).any
  return all.reasons.find(({ code }) => code === kind)?.ports ?? NO_PORTS
}

function cellOf(
  groups: Groups,
  from: number,
  to: number,
  sumOf: (kind: Kind) => Sum | undefined,
  portsOf: (id: number) => PortSet,
): MatrixCell {
  const [source, destination] = [groups.all[from], groups.all[to]]
  const ports = (kind: Kind) => portsOf(sumOf(kind)?.ports ?? 0)
  const depends = subtractPorts(ports('Maybe'), ports('Surely'))
  return {
    from: source?.name ?? '',
    to: destination?.name ?? '',
    addresses: source?.addresses ?? destination?.addresses,
    ports: ports('Surely'),
    depends,
    reasons: REASON_CODES.filter((code) => intersectPorts(ports(code), depends).length > 0),
    foreign: ports('Foreign'),
    pairs: sumOf('Surely')?.pairs ?? 0,
    allPairs: (groups.sizes[from] ?? 0) * (groups.sizes[to] ?? 0) - (from === to ? (groups.sizes[from] ?? 0) : 0),
  }
}

/** Parts of what is outside that are treated alike stand together. */
function joinAddresses(cells: readonly MatrixCell[]): readonly MatrixCell[] {
  return joinAlike(cells, ({ addresses: _, ...rest }) => JSON.stringify(rest))
}
