/** cli/network/ends.ts — PURE: the ends of a flow and its port, as a person writes them. */

import { matchesSelector } from '../../api/selectors.ts'
import {
  type Cluster,
  type Endpoint,
  endpointAt,
  findPod,
  type Outside,
  type Pod,
  type Protocol,
  portsNamed,
} from '../../reachability/reachability.ts'
import { UsageError } from '../usage-error.ts'
import { API_SERVER, INTERNET } from './outside.ts'
import { parseSelectorText } from './selector-text.ts'
import type { ServicePort } from './services.ts'

/** What a person can name. */
export type Named = { readonly cluster: Cluster; readonly outsides: readonly Outside[]; readonly services: readonly ServicePort[] }

export type End =
  | { readonly form: 'Endpoints'; readonly text: string; readonly endpoints: readonly Endpoint[] }
  | { readonly form: 'Service'; readonly text: string; readonly ports: readonly ServicePort[] }

/** As help texts say it. */
export const END_HELP = 'NAMESPACE/POD, NAMESPACE/WORKLOAD, NAMESPACE/LABEL=VALUE, an address or range, internet, or api-server'

/**
 * What `text` names: a pod, the pods of a workload, the pods with some labels, an address or range, a Service by its name or by its address.
 * Undefined for a name under which there is nothing.
 */
export function findEnd(text: string, { cluster, outsides, services }: Named): End | undefined {
  const ends = (endpoints: readonly Endpoint[]): End | undefined =>
    endpoints.length > 0 ? { form: 'Endpoints', text, endpoints } : undefined
  const behind = services.filter(
    ({ addresses, namespace, service }) => addresses.includes(text) || text === `service/${namespace}/${service}`,
  )
  if (behind.length > 0) return { form: 'Service', text, ports: behind }
  if (text.startsWith(SERVICE)) return undefined
  const word = WORDS.get(text.toLowerCase())
  if (word !== undefined) return ends(outsides.filter(({ name }) => name === word))
  const address = endpointAt(cluster, text)
  if (address) return ends([address])
  const slash = text.indexOf('/')
  if (slash < 1 || slash === text.length - 1) throw new UsageError(`${JSON.stringify(text)} is not the end of a flow; write ${END_HELP}`)
  const [namespace, rest] = [text.slice(0, slash), text.slice(slash + 1)]
  const inNamespace = cluster.pods.filter((pod) => pod.namespace === namespace)
  if (rest.includes('=')) {
    const selector = parseSelectorText(rest)
    if (!selector) throw new UsageError(`${JSON.stringify(rest)} is not a list of labels; write LABEL=VALUE, and commas between several`)
    return ends(inNamespace.filter(({ labels }) => matchesSelector(selector, labels)))
  }
  const pod = findPod(cluster, namespace, rest)
  return pod ? ends([pod]) : ends(inNamespace.filter((one) => isOfWorkload(one, rest)))
}

const SERVICE = 'service/'

const WORDS: ReadonlyMap<string, string> = new Map([
  ['internet', INTERNET],
  ['api-server', API_SERVER],
])

/** "webserver", or "deployment/webserver" where several workloads have one name. */
function isOfWorkload({ workload }: Pod, text: string): boolean {
  if (!workload) return false
  const { kind, name } = workload
  return text === name || text.toLowerCase() === `${kind}/${name}`.toLowerCase()
}

/** The same with names of `namespace` alone, where one is given. Throws a UsageError that says what there is instead. */
export function endOf(text: string, named: Named, namespace?: string): End {
  const short = namespace !== undefined && !text.includes('/') && !WORDS.has(text.toLowerCase()) && !endpointAt(named.cluster, text)
  const full = short ? `${namespace}/${text}` : text
  const end = findEnd(full, named)
  if (!end) throw new UsageError(nothingAt(full, named))
  return end
}

const LISTED = 5

function nothingAt(text: string, { cluster, services }: Named): string {
  const [first = '', ...rest] = text.split('/')
  if (text.startsWith(SERVICE)) {
    const known = [...new Set(services.map(({ namespace, service }) => `service/${namespace}/${service}`))]
    return `there is no ${text} with ports${listed(known, 'Services are')}`
  }
  if (WORDS.has(text.toLowerCase()))
    return `the addresses of the ${text} are not known: there is no EndpointSlice of Service default/kubernetes`
  const pods = cluster.pods.filter(({ namespace }) => namespace === first)
  if (pods.length === 0) return `there are no pods in namespace ${first}${cluster.namespaces.has(first) ? '' : ', which does not exist'}`
  const what = rest.join('/').includes('=') ? `are no pods with ${rest.join('/')}` : `is neither a pod nor a workload ${rest.join('/')}`
  return `there ${what} in namespace ${first}${listed([...new Set(pods.map(({ name, workload }) => workload?.name ?? name))], 'there are')}`
}

function listed(names: readonly string[], what: string): string {
  if (names.length === 0) return ''
  const more = names.length - LISTED
  return `; ${what} ${names.slice(0, LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** "80", "80/UDP", "http", "http/TCP". */
export type PortText = { readonly port: number | string; readonly protocol: Protocol | undefined }

export function portOf(text: string): PortText {
  const [, port = '', protocol] = /^([a-z0-9-]+)(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? []
  const number = Number(port)
  const isNumber = /^\d+$/.test(port)
  if (port === '' || (isNumber && (number < 1 || number > 65535)))
    throw new UsageError(
      `${JSON.stringify(text)} is not a port; write a number from 1 to 65535 such as 80 or 53/UDP, or the name of a port`,
    )
  return { port: isNumber ? number : port, protocol: protocol?.toUpperCase() as Protocol | undefined }
}

export type Numbered = { readonly protocol: Protocol; readonly port: number }

/** The ports that are meant at this end; none when it has no port of that name. */
export function portsAt({ port, protocol }: PortText, end: Endpoint): readonly Numbered[] {
  if (typeof port === 'number') return [{ protocol: protocol ?? 'TCP', port }]
  if (end.kind === 'Outside') return []
  return portsNamed(end, port).filter((named) => protocol === undefined || named.protocol === protocol)
}

/** The same of a Service, whose ports have numbers and names of their own. */
export function servicePortsAt({ port, protocol }: PortText, ports: readonly ServicePort[]): readonly ServicePort[] {
  const matching = ports.filter((one) => (typeof port === 'number' ? one.port === port : one.name === port))
  return matching.filter((one) => one.protocol === (protocol ?? (typeof port === 'number' ? 'TCP' : one.protocol)))
}
