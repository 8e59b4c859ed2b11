/** cli/report/collect/report.ts — PURE: from a cluster under its policies to a report of bounded size. */

import { compareText } from '../../../api/canonical.ts'
import {
  addressesText,
  type Matrix,
  matrix,
  type Network,
  type Outside,
  type Pod,
  type ReasonCode,
  unionAddresses,
} from '../../../reachability/reachability.ts'
import type { DesiredState } from '../../../reconcile/desired-state.ts'
import type { Source } from '../../input/options.ts'
import { desiredIn, type Snapshot } from '../../input/snapshot.ts'
import { HOST_NETWORK } from '../../network/groups.ts'
import { networksOf } from '../../network/networks.ts'
import { API_SERVER, outsidesOf } from '../../network/outside.ts'
import { notesOf } from '../../notes.ts'
import type { Example, Flow, Group, NamespaceFlow, Report } from '../model.ts'
import { endsOf, examplesFor } from './examples.ts'
import { findingsIn } from './findings.ts'
import { addressesOf, type Cell, type Crossing, crossingsOf, endText, openOf } from './flows.ts'
import { groupingOf } from './groups.ts'

/** What keeps a report small enough for a browser, and quick to make. What is left out is said in it. */
export type Limits = {
  /** Pairs of namespaces in which something is open, for which the report may go down to namespaces at all. */
  readonly namespacePairs: number
  /** Of these, how many are listed for one pair of groups, and how many of them have examples. */
  readonly perFlow: number
  readonly examplesPerFlow: number
  readonly examples: number
}

export const LIMITS: Limits = { namespacePairs: 200_000, perFlow: 120, examplesPerFlow: 8, examples: 3_000 }

export type ReportInput = {
  readonly title: string
  readonly subtitle: string
  readonly snapshot: Snapshot
  readonly source: Source
  readonly limits?: Limits
}

/** Throws a UsageError for a policy that cannot be read. */
export function reportOf({ title, subtitle, snapshot, source, limits }: ReportInput): Report {
  const state = desiredIn(snapshot)
  const networks = networksOf(snapshot, state)
  return reportOn({
    title,
    subtitle,
    snapshot,
    state,
    // A cluster is shown as it is; with files, as it would be when the operator is done.
    network: source === 'cluster' ? networks.now : networks.kept,
    outside: outsidesOf(snapshot).all,
    findings: findingsIn(snapshot, source),
    notes: [...notesOf({ state, snapshot, source }), ...networks.notes],
    limits: limits ?? LIMITS,
  })
}

type Known = Pick<Report, 'title' | 'subtitle' | 'findings' | 'notes'> & {
  readonly snapshot: Snapshot
  readonly state: DesiredState
  readonly network: Network
  readonly outside: readonly Outside[]
  readonly limits: Limits
}

function reportOn(input: Known): Report {
  const { title, subtitle, snapshot, state, network, findings, limits } = input
  const { groupOf, groups } = groupingOf(snapshot, state, network.cluster)
  const { outside } = input
  const whole = matrix(network, { groupOf, outside })
  const pairs = namespacePairs(whole, groups)
  const deep = pairs <= limits.namespacePairs
  // Without namespaces, a group is one end.
  const endOfPod = (pod: Pod) => endText({ group: groupOf(pod), namespace: deep ? pod.namespace : '*' })
  const fine = matrix(network, { groupOf: endOfPod, outside })
  const crossings = crossingsOf(fine)
  const ends = [...groups, ...outsideGroups(outside, crossings)]
  const indexes = new Map(ends.map(({ name }, index) => [name, index]))
  const at = (name: string) => indexes.get(name) ?? -1
  const pods = Map.groupBy(network.cluster.pods, endOfPod)
  const podsOf = (end: Cell['source']): readonly Pod[] => pods.get(endText(end)) ?? []
  const sizes = new Map(ends.map(({ name, pods: count, kind }) => [name, kind === 'outside' ? 1 : count]))
  // What crosses a border between tenants matters most, and so it gets examples first.
  const rank = ({ from, to }: Crossing) => (from === to ? 2 : ends[at(from)]?.kind === 'tenant' && ends[at(to)]?.kind === 'tenant' ? 0 : 1)
  let left = limits.examples
  const flows = crossings
    .toSorted((a, b) => rank(a) - rank(b) || at(a.from) - at(b.from) || at(a.to) - at(b.to))
    .map(({ from, to, cells }): Flow => {
      const sorted = cells.toSorted((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to))
      const examples = deep ? examplesIn(network, sorted, podsOf, Math.min(limits.examplesPerFlow, left)) : []
      left -= examples.length
      const [source = 0, destination = 0] = [sizes.get(from), sizes.get(to)]
      return {
        from: at(from),
        to: at(to),
        ...openOf(cells),
        aboutNodes: [from, to].includes(HOST_NETWORK) && cells.every(isAboutNodes),
        pairs: Math.min(
          cells.reduce((sum, cell) => sum + cell.pairs, 0),
          source * destination,
        ),
        allPairs: source * destination - (from === to ? source : 0),
        between: deep ? sorted.slice(0, limits.perFlow).map(namespaceFlow) : [],
        moreBetween: deep ? Math.max(0, sorted.length - limits.perFlow) : 0,
        examples,
        moreExamples: sorted.length > examples.length,
      }
    })
    .sort((a, b) => a.from - b.from || a.to - b.to)
  return {
    title,
    subtitle,
    groups: ends,
    flows,
    findings,
    notes: [
      ...input.notes,
      ...(deep
        ? []
        : [
            `Something is open between about ${pairs.toLocaleString('en')} pairs of namespaces, so that the report does not list them: ask "matrix --by namespace".`,
          ]),
      ...(left > 0
        ? []
        : [`Rules are shown for the first ${limits.examples.toLocaleString('en')} examples only: ask "explain" for others.`]),
    ],
  }
}

/** At most; no more work than the cells of groups. */
function namespacePairs({ cells }: Matrix, groups: readonly Group[]): number {
  const counts = new Map(groups.map(({ name, namespaces }) => [name, namespaces.length]))
  return cells.reduce((sum, { from, to }) => sum + (counts.get(from) ?? 1) * (counts.get(to) ?? 1), 0)
}

/** Those that somebody reaches, or that reach somebody. */
function outsideGroups(outside: readonly Outside[], crossings: readonly Crossing[]): readonly Group[] {
  const names = new Set(
    crossings
      .flatMap(({ cells }) => cells.flatMap(({ source, destination }) => [source, destination]))
      .flatMap(({ group, namespace }) => (namespace === '' ? [group] : [])),
  )
  return [...names].sort(compareText).map((name) => {
    const ranges = outside.filter((one) => one.name === name).map(({ addresses }) => addresses)
    const text = ranges.length === 0 ? '' : addressesText(unionAddresses(...ranges))
    return {
      kind: name === API_SERVER ? 'platform' : 'outside',
      name,
      namespaces: [],
      pods: 0,
      about: text.length <= LONGEST_ABOUT ? text : '',
    }
  })
}

const LONGEST_ABOUT = 40

/** Of the reasons for which something may be open, those that are about how the network plugin sees nodes. */
const ABOUT_NODES: readonly ReasonCode[] = ['OwnNode', 'HostNetwork', 'NodeAddress']

function isAboutNodes({ ports, foreign, reasons }: Cell): boolean {
  return ports.length === 0 && foreign.length === 0 && reasons.every((reason) => ABOUT_NODES.includes(reason))
}

function namespaceFlow(cell: Cell): NamespaceFlow {
  const end = ({ group, namespace }: Cell['source']) => namespace || addressesOf(cell, 160) || group
  return { from: end(cell.source), to: end(cell.destination), ...openOf([cell]) }
}

/** Pairs of namespaces that differ in what is open first, then the others in their order. */
function examplesIn(
  network: Network,
  cells: readonly Cell[],
  podsOf: (end: Cell['source']) => readonly Pod[],
  most: number,
): readonly Example[] {
  const [firsts, others] = [new Map<string, Cell>(), [] as Cell[]]
  for (const cell of cells) {
    const kind = JSON.stringify(openOf([cell]))
    if (firsts.has(kind)) others.push(cell)
    else firsts.set(kind, cell)
  }
  const examples: Example[] = []
  for (const cell of [...firsts.values(), ...others]) {
    if (examples.length >= most) break
    examples.push(...examplesFor(network, cell, endsOf(cell, podsOf), most - examples.length))
  }
  return examples
}
