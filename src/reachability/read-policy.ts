/**
 * reachability/read-policy.ts — from a networking.k8s.io/v1 NetworkPolicy, as an API server or a YAML file has it, to what it means.
 *
 * Defaults as in pkg/apis/networking/v1/defaults.go, refusals as in pkg/apis/networking/validation: what the API server would not
 * take is a problem here, too. Only host bits in a range are let through, because older API servers stored them, and they mean nothing.
 */

import { containsCidr, parseCidr } from '../api/cidr.ts'
import { DIRECTIONS, type Direction } from '../api/network.ts'
import { cidrAddresses, NO_ADDRESSES, subtractAddresses } from './addresses.ts'
import { type NamedPort, type Peer, type Policy, type Port, policyName, type Rule, resourceRulesIn } from './policy.ts'
import { ALL_PORTS, isProtocol, MAX_PORT, NO_PORTS, PROTOCOLS, portSet, protocolPorts, unionPorts } from './ports.ts'
import { type Fields, fieldsOf, listOf, onlyFields, type Problem, type Report, stringsOf, textOf } from './problems.ts'
import { selectorAt } from './read-selector.ts'

export type ReadPolicies = {
  /** Those that could be read whole. */
  readonly policies: readonly Policy[]
  /** What is wrong with the others. An answer that leaves them out may be wrong for the pods of their namespaces. */
  readonly problems: readonly Problem[]
}

/** The policies in `objects`; a broken one is left out, and all that is wrong with it is listed. */
export function readPolicies(objects: readonly unknown[]): ReadPolicies {
  const problems: Problem[] = []
  const policies = objects.flatMap((object) => {
    const before = problems.length
    const policy = readPolicy(object, (name, field, message) => problems.push({ object: `NetworkPolicy ${name}`, field, message }))
    return problems.length === before ? [policy] : []
  })
  return { policies, problems }
}

function readPolicy(object: unknown, say: (name: string, field: string, message: string) => void): Policy {
  const fields = fieldsOf(object, '', (_, message) => say('?', '', message))
  const metadata = fieldsOf(fields.metadata, 'metadata', () => {})
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : '?')
  const called = policyName({ namespace: text(metadata.namespace), name: text(metadata.name) })
  const report: Report = (field, message) => say(called, field, message)
  if (fields.kind !== undefined && fields.kind !== 'NetworkPolicy') report('kind', 'must be NetworkPolicy')
  if (fields.apiVersion !== undefined && fields.apiVersion !== 'networking.k8s.io/v1') report('apiVersion', 'must be networking.k8s.io/v1')
  const spec = fieldsOf(fields.spec, 'spec', report)
  onlyFields(spec, ['podSelector', 'policyTypes', 'ingress', 'egress'], 'spec', report)
  const egress = rulesAt(spec.egress, 'Egress', report)
  const types = typesAt(spec.policyTypes, egress.length > 0, report)
  return {
    namespace: textOf(metadata.namespace, 'metadata.namespace', report),
    name: textOf(metadata.name, 'metadata.name', report),
    labels: stringsOf(metadata.labels, 'metadata.labels', report),
    controller: controllerIn(metadata, report),
    resourceRules: resourceRulesIn(stringsOf(metadata.annotations, 'metadata.annotations', report)),
    podSelector: selectorAt(spec.podSelector, 'spec.podSelector', report),
    rules: {
      Ingress: types.has('Ingress') ? rulesAt(spec.ingress, 'Ingress', report) : reported(spec.ingress, 'Ingress', report),
      Egress: types.has('Egress') ? egress : undefined,
    },
  }
}

/** Rules of a direction that policyTypes does not list have no effect, but the API server reads them all the same. */
function reported(value: unknown, direction: Direction, report: Report): undefined {
  rulesAt(value, direction, report)
}

function controllerIn(metadata: Fields, report: Report): Policy['controller'] {
  const owners = listOf(metadata.ownerReferences, 'metadata.ownerReferences', report).map((owner, index) =>
    fieldsOf(owner, `metadata.ownerReferences[${index}]`, report),
  )
  const controller = owners.find((owner) => owner.controller === true)
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return controller && { apiVersion: text(controller.apiVersion), kind: text(controller.kind), name: text(controller.name) }
}

/** Nothing listed means Ingress, and Egress as well where there is at least one egress rule. */
function typesAt(value: unknown, hasEgressRules: boolean, report: Report): ReadonlySet<Direction> {
  const listed = listOf(value, 'spec.policyTypes', report)
  if (listed.length > DIRECTIONS.length) report('spec.policyTypes', 'may not specify more than two policyTypes')
  for (const [index, type] of listed.entries()) {
    if (!(DIRECTIONS as readonly unknown[]).includes(type)) report(`spec.policyTypes[${index}]`, 'supported values: "Ingress", "Egress"')
  }
  if (listed.length === 0) return new Set(hasEgressRules ? DIRECTIONS : ['Ingress'])
  return new Set(listed as readonly Direction[])
}

function rulesAt(value: unknown, direction: Direction, report: Report): readonly Rule[] {
  const at = `spec.${direction.toLowerCase()}`
  const peersField = direction === 'Ingress' ? 'from' : 'to'
  return listOf(value, at, report).map((item, index) => {
    const field = `${at}[${index}]`
    const rule = fieldsOf(item, field, report)
    onlyFields(rule, [peersField, 'ports'], field, report)
    const peers = listOf(rule[peersField], `${field}.${peersField}`, report).map((peer, number) =>
      peerAt(peer, `${field}.${peersField}[${number}]`, report),
    )
    const ports = listOf(rule.ports, `${field}.ports`, report).map((port, number) => portAt(port, `${field}.ports[${number}]`, report))
    return { peers, ports, ...openedBy(ports) }
  })
}

function openedBy(ports: readonly Port[]): Pick<Rule, 'numbered' | 'named'> {
  if (ports.length === 0) return { numbered: ALL_PORTS, named: [] }
  return {
    numbered: unionPorts(...ports.map((port) => (port.form === 'Numbers' ? port.ports : NO_PORTS))),
    named: ports.filter((port): port is NamedPort => port.form === 'Name'),
  }
}

function peerAt(value: unknown, field: string, report: Report): Peer {
  const peer = fieldsOf(value, field, report)
  onlyFields(peer, ['podSelector', 'namespaceSelector', 'ipBlock'], field, report)
  const selects = peer.podSelector !== undefined || peer.namespaceSelector !== undefined
  if (!selects && peer.ipBlock === undefined) report(field, 'must specify a peer: podSelector, namespaceSelector, or ipBlock')
  if (peer.ipBlock !== undefined) {
    if (selects) report(field, 'may not specify both ipBlock and another peer; write two peers')
    return addressesAt(peer.ipBlock, `${field}.ipBlock`, report)
  }
  const selector = (name: string) => (peer[name] === undefined ? undefined : selectorAt(peer[name], `${field}.${name}`, report))
  return { form: 'Pods', namespaceSelector: selector('namespaceSelector'), podSelector: selector('podSelector') }
}

function addressesAt(value: unknown, field: string, report: Report): Peer {
  const block = fieldsOf(value, field, report)
  onlyFields(block, ['cidr', 'except'], field, report)
  const text = textOf(block.cidr, `${field}.cidr`, report)
  const cidr = parseCidr(text)
  if (!cidr && text !== '') report(`${field}.cidr`, `${JSON.stringify(text)} ${NO_RANGE}`)
  const excepts = listOf(block.except, `${field}.except`, report).map((item, index) => {
    const at = `${field}.except[${index}]`
    const exceptText = textOf(item, at, report)
    const except = parseCidr(exceptText)
    if (!except && exceptText !== '') report(at, `${JSON.stringify(exceptText)} ${NO_RANGE}`)
    if (except && cidr && !(containsCidr(cidr, except) && except.prefix > cidr.prefix)) report(at, `must be a strict subset of ${text}`)
    return { text: exceptText, addresses: except ? cidrAddresses(except) : NO_ADDRESSES }
  })
  const whole = cidr ? cidrAddresses(cidr) : NO_ADDRESSES
  return {
    form: 'Addresses',
    addresses: excepts.reduce((left, except) => subtractAddresses(left, except.addresses), whole),
    text: excepts.length === 0 ? text : `${text} except ${excepts.map((except) => except.text).join(', ')}`,
  }
}

/** Leading zeros and IPv4 mapped into IPv6 mean different things to different programs (KEP 4858). */
const NO_RANGE =
  'is not a range that everybody reads alike; write an address without leading zeros, a slash and a length, and never IPv4 mapped into IPv6'

function portAt(value: unknown, field: string, report: Report): Port {
  const fields = fieldsOf(value, field, report)
  onlyFields(fields, ['protocol', 'port', 'endPort'], field, report)
  const { protocol = 'TCP', port, endPort } = fields
  if (typeof protocol !== 'string' || !isProtocol(protocol)) {
    report(`${field}.protocol`, `supported values: ${PROTOCOLS.map((one) => JSON.stringify(one)).join(', ')}`)
    return { form: 'Numbers', ports: NO_PORTS }
  }
  if (port === undefined || typeof port === 'string') {
    if (endPort !== undefined) report(`${field}.endPort`, 'only goes with a number in port')
    if (port === undefined) return { form: 'Numbers', ports: protocolPorts(protocol) }
    if (!isPortName(port)) report(`${field}.port`, `${JSON.stringify(port)} is not the name of a port; write a number without quotes`)
    return { form: 'Name', protocol, name: port }
  }
  const last = endPort ?? port
  if (!isPortNumber(port)) report(`${field}.port`, `must be a number from 1 to ${MAX_PORT}, or the name of a port`)
  else if (!isPortNumber(last) || last < port) report(`${field}.endPort`, `must be a number from port to ${MAX_PORT}`)
  else return { form: 'Numbers', ports: portSet(protocol, port, last) }
  return { form: 'Numbers', ports: NO_PORTS }
}

function isPortNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_PORT
}

/** apimachinery IsValidPortName. */
function isPortName(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(text) && /[a-z]/.test(text) && !text.includes('--')
}
