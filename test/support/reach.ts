/** support/reach.ts — a small cluster in a few words, and questions to it: `ask(network, 'shop/web', 'shop/database', 'TCP 5432')`. */

import type { Labels } from '../../src/api/selectors.ts'
import {
  type Assumptions,
  type Endpoint,
  endpointAt,
  findPod,
  type Network,
  networkOf,
  type PodInput,
  problemText,
  readCluster,
  readPolicies,
  type Verdict,
  verdict,
} from '../../src/reachability/reachability.ts'
import { labelled } from './build.ts'

/** A pod with an address of its own, on a node of its own, unless said. */
export function pod(name: string, labels: Labels = {}, rest: Partial<PodInput> = {}): PodInput {
  const [namespace = '', own = ''] = name.split('/')
  const number = hash(name)
  return {
    namespace,
    name: own,
    labels,
    addresses: [`10.244.${number >> 8}.${number & 255}`],
    hostNetwork: false,
    nodeAddresses: [`172.18.${number >> 8}.${number & 255}`],
    ports: [],
    ...rest,
  }
}

function hash(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) & 0xffff, 7)
}

/** A NetworkPolicy "namespace/name" as it would be read from a file. */
export function policy(name: string, spec: object | undefined, metadata: object = {}): object {
  const [namespace, own] = name.split('/')
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace, name: own, ...metadata },
    ...(spec && { spec }),
  }
}

/** What makes a policy one of ours. */
export function oursOf(tenant: string, rules: string): object {
  return {
    labels: { 'tenant-isolation.dev/tenant': tenant },
    annotations: { 'tenant-isolation.dev/rules': rules },
    ownerReferences: [{ apiVersion: 'tenant-isolation.dev/v1alpha1', kind: 'TenantIsolation', name: tenant, uid: 'u', controller: true }],
  }
}

export type Situation = {
  readonly pods: readonly PodInput[]
  readonly policies?: readonly object[]
  /** By name, their labels; a namespace that is not listed has none but its name. */
  readonly namespaces?: Readonly<Record<string, Labels>>
  readonly podRanges?: readonly string[]
  readonly assume?: Assumptions
}

/** The network of a situation in which nothing is wrong. */
export function network({ pods, policies = [], namespaces = {}, podRanges, assume }: Situation): Network {
  const { cluster, problems } = readCluster({
    pods,
    namespaces: Object.entries(namespaces).map(([name, labels]) => ({ name, labels })),
    ...(podRanges && { podRanges }),
  })
  const read = readPolicies(policies)
  const all = [...problems, ...read.problems]
  if (all.length > 0) throw new Error(all.map(problemText).join('\n'))
  return networkOf(cluster, read.policies, assume)
}

/** "shop/web" is a pod; everything else an address or a range. */
export function endpoint({ cluster }: Network, text: string): Endpoint {
  const [namespace = '', name = ''] = text.split('/')
  const found = findPod(cluster, namespace, name) ?? endpointAt(cluster, text)
  if (!found) throw new Error(`${text} is neither a pod nor an address`)
  return found
}

/** A flow to "TCP 80", "UDP 53", "ICMP 0"; just "80" is TCP. */
export function flow(of: Network, from: string, to: string, port: string) {
  const [number = '', protocol = 'TCP'] = port.split(' ').reverse()
  return { from: endpoint(of, from), to: endpoint(of, to), protocol, port: Number(number) }
}

export function ask(of: Network, from: string, to: string, port = '80'): Verdict['verdict'] {
  return verdict(of, flow(of, from, to, port)).verdict
}

/** On what the answer depends, sorted; empty where it is certain. */
export function reasons(of: Network, from: string, to: string, port = '80'): readonly string[] {
  const answer = verdict(of, flow(of, from, to, port))
  return answer.verdict === 'depends' ? answer.reasons.map(({ code }) => code).sort() : []
}

/** For a table: rows are sources, columns destinations; "." where a flow is allowed, "X" where it is denied, "?" where it depends. */
export function table(of: Network, names: readonly string[], port = '80'): readonly string[] {
  const marks = { allow: '.', deny: 'X', depends: '?' } as const
  return names.map((from) => `${names.map((to) => (from === to ? '-' : marks[ask(of, from, to, port)])).join('')} ${from}`)
}

export const app = (name: string) => labelled({ app: name })
