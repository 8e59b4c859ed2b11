/**
 * support/invalid-resources.ts — what the schema refuses and what it takes. One table for two judges: Zod (test/unit/api) and
 * the API server (test/cluster), who have to agree.
 */

import { BOUNDS, type Peer } from '../../src/api/network.ts'
import { app, egressRule, ingressRule, labelled, tenantIsolation, withNetwork } from './build.ts'
import { ACCEPTED_ACCESS, REFUSED_ACCESS } from './invalid-access.ts'
import { ACCEPTED_POD_SECURITY, REFUSED_POD_SECURITY } from './invalid-pod-security.ts'

export type RefusedCase = {
  readonly name: string
  readonly resource: unknown
  /** The path that the message has to name. */
  readonly field: string
  /** Part of what the message has to say. */
  readonly says: string
}

export type AcceptedCase = { readonly name: string; readonly resource: unknown }

/** The judges only look at it: what breaks the types is written as it is. */
type Anything = never

const numbered = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index))
const base = tenantIsolation()

const selecting = (namespaceSelector: unknown) => ({ ...base, spec: { namespaceSelector } })
const named = (name: string) => ({ ...base, metadata: { name } })
const network = (fields: unknown) => withNetwork(fields as Anything)
const ingressRules = (...rules: unknown[]) => network({ ingress: rules })
const egressRules = (...rules: unknown[]) => network({ egress: rules })
const from = (...peers: unknown[]) => ingressRules(ingressRule({ from: peers as Anything }))
const to = (...peers: unknown[]) => egressRules(egressRule({ to: peers as Anything }))
const toPorts = (...ports: unknown[]) => ingressRules(ingressRule({ ports: ports as Anything }))
const without = <T extends object>(object: T, key: keyof T): unknown => {
  const { [key]: _, ...rest } = object
  return rest
}

const SELECTOR = 'spec.namespaceSelector'
const FROM = 'spec.network.ingress[0].from'
const TO = 'spec.network.egress[0].to'
const PORTS = 'spec.network.ingress[0].ports'

const selectors: readonly RefusedCase[] = [
  { name: 'no namespaceSelector', resource: { ...base, spec: {} }, field: SELECTOR, says: 'Required value' },
  { name: 'no spec', resource: without(base, 'spec'), field: 'spec', says: 'Required value' },
  { name: 'an empty namespaceSelector', resource: selecting({}), field: SELECTOR, says: 'name at least one label' },
  {
    name: 'a namespaceSelector with empty members',
    resource: selecting({ matchLabels: {}, matchExpressions: [] }),
    field: SELECTOR,
    says: 'name at least one label',
  },
  { name: 'a namespaceSelector that is null', resource: selecting(null), field: SELECTOR, says: 'Required value' },
  ...(['In', 'NotIn'] as const).flatMap((operator) => [
    {
      name: `operator ${operator} without values`,
      resource: selecting({ matchExpressions: [{ key: 'tenant', operator }] }),
      field: `${SELECTOR}.matchExpressions[0]`,
      says: 'at least one value for In and NotIn',
    },
    {
      name: `operator ${operator} with an empty list of values`,
      resource: selecting({ matchExpressions: [{ key: 'tenant', operator, values: [] }] }),
      field: `${SELECTOR}.matchExpressions[0]`,
      says: 'at least one value for In and NotIn',
    },
  ]),
  ...(['Exists', 'DoesNotExist'] as const).map((operator) => ({
    name: `operator ${operator} with values`,
    resource: selecting({ matchExpressions: [{ key: 'tenant', operator, values: ['manning'] }] }),
    field: `${SELECTOR}.matchExpressions[0]`,
    says: 'left out for Exists and DoesNotExist',
  })),
  {
    name: 'an operator that does not exist',
    resource: selecting({ matchExpressions: [{ key: 'tenant', operator: 'Equals', values: ['manning'] }] }),
    field: `${SELECTOR}.matchExpressions[0].operator`,
    says: '"DoesNotExist"',
  },
  {
    name: 'a requirement without a key',
    resource: selecting({ matchExpressions: [{ operator: 'Exists' }] }),
    field: `${SELECTOR}.matchExpressions[0].key`,
    says: 'Required value',
  },
  ...['', 'a b', '-a', 'a-', '/a', 'a/', 'a/b/c', 'A.example/x', 'ä', `${'x'.repeat(64)}`].map((key) => ({
    name: `a requirement with key "${shortened(key)}"`,
    resource: selecting({ matchExpressions: [{ key, operator: 'Exists' }] }),
    field: `${SELECTOR}.matchExpressions[0].key`,
    says: "should match '^",
  })),
  ...[
    '',
    'a b',
    '-a',
    '__proto__',
    'A.example/x',
    `${'x'.repeat(64)}`,
    `${'a'.repeat(254)}/b`,
    `${'a'.repeat(193)}/${'b'.repeat(63)}`,
    'a'.repeat(400),
  ].map((key) => ({
    name: `matchLabels with key "${shortened(key)}"`,
    resource: selecting({ matchLabels: JSON.parse(`{"tenant": "manning", ${JSON.stringify(key)}: "x"}`) }),
    field: `${SELECTOR}.matchLabels`,
    says: 'label key',
  })),
  ...['a b', '-a', 'a-', 'ä', 'a/b'].flatMap((value) => [
    {
      name: `matchLabels with value "${value}"`,
      resource: selecting({ matchLabels: { tenant: value } }),
      field: `${SELECTOR}.matchLabels`,
      says: "should match '^",
    },
    {
      name: `a requirement with value "${value}"`,
      resource: selecting({ matchExpressions: [{ key: 'tenant', operator: 'In', values: ['manning', value] }] }),
      field: `${SELECTOR}.matchExpressions[0].values`,
      says: "should match '^",
    },
  ]),
  {
    name: 'a requirement with a key of 256 characters',
    resource: selecting({ matchExpressions: [{ key: `${'a'.repeat(254)}/b`, operator: 'Exists' }] }),
    field: `${SELECTOR}.matchExpressions[0].key`,
    says: 'may not be more than 255',
  },
  {
    name: 'a label whose value is null, which would be dropped',
    resource: from({ podSelector: { matchLabels: { app: null } } }),
    field: `${FROM}[0].podSelector.matchLabels`,
    says: 'a label without a value',
  },
  {
    name: 'a label value of 64 characters',
    resource: selecting({ matchLabels: { tenant: 'x'.repeat(64) } }),
    field: `${SELECTOR}.matchLabels.tenant`,
    says: 'may not be more than 63',
  },
  {
    name: 'a label value that is a number',
    resource: selecting({ matchLabels: { tenant: 7 } }),
    field: `${SELECTOR}.matchLabels.tenant`,
    says: 'type string',
  },
  {
    name: 'more than 16 labels in matchLabels',
    resource: selecting({ matchLabels: Object.fromEntries(numbered(17, (n) => [`key-${n}`, 'x'])) }),
    field: `${SELECTOR}.matchLabels`,
    says: 'at most 16 items',
  },
  {
    name: 'more than 16 requirements',
    resource: selecting({ matchExpressions: numbered(17, (n) => ({ key: `key-${n}`, operator: 'Exists' })) }),
    field: `${SELECTOR}.matchExpressions`,
    says: 'at most 16 items',
  },
  {
    name: 'more than 64 values',
    resource: selecting({ matchExpressions: [{ key: 'tenant', operator: 'In', values: numbered(65, (n) => `v${n}`) }] }),
    field: `${SELECTOR}.matchExpressions[0].values`,
    says: 'at most 64 items',
  },
  {
    name: 'a bad selector in a peer',
    resource: from({ podSelector: { matchExpressions: [{ key: 'app', operator: 'In' }] } }),
    field: `${FROM}[0].podSelector.matchExpressions[0]`,
    says: 'at least one value for In and NotIn',
  },
  {
    name: 'a bad selector in appliesTo',
    resource: ingressRules({
      ...ingressRule(),
      appliesTo: { podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists', values: ['x'] }] } },
    }),
    field: 'spec.network.ingress[0].appliesTo.podSelector.matchExpressions[0]',
    says: 'left out for Exists and DoesNotExist',
  },
]

/** One of each form. */
const FORMS: Readonly<Record<string, Peer>> = {
  podSelector: app('webserver'),
  namespaceSelector: { namespaceSelector: labelled({ tenant: 'acme' }) },
  tenant: { tenant: 'acme' },
  cidr: { cidr: '192.168.1.0/24' },
  platform: { platform: 'monitoring' },
  preset: { preset: 'Internet' },
}

/** These go together: pods of other namespaces, pods of another tenant. */
const TOGETHER = new Set(['podSelector+namespaceSelector', 'podSelector+tenant'])

const pairsOfForms = Object.entries(FORMS).flatMap(([a, one], index, all) =>
  all.slice(index + 1).map(([b, other]) => ({ name: `${a}+${b}`, peer: { ...one, ...other } })),
)

const peers: readonly RefusedCase[] = [
  { name: 'a peer with no form', resource: from({}), field: `${FROM}[0]`, says: 'exactly one form' },
  { name: 'a peer with no form in egress', resource: to(app('database'), {}), field: `${TO}[1]`, says: 'exactly one form' },
  ...pairsOfForms
    .filter(({ name }) => !TOGETHER.has(name))
    .flatMap(({ name, peer }) => [
      { name: `a peer with two forms, ${name}`, resource: from(peer), field: `${FROM}[0]`, says: 'write two peers instead' },
      { name: `a peer with two forms, ${name}, in egress`, resource: to(peer), field: `${TO}[0]`, says: 'write two peers instead' },
    ]),
  {
    name: 'a peer with all forms',
    resource: from(Object.assign({}, ...Object.values(FORMS))),
    field: `${FROM}[0]`,
    says: 'write two peers instead',
  },
  {
    name: 'a peer of a tenant with namespaceSelector and podSelector',
    resource: from({ tenant: 'acme', namespaceSelector: {}, podSelector: {} }),
    field: `${FROM}[0]`,
    says: 'write two peers instead',
  },
  { name: 'a peer whose podSelector is null', resource: from({ podSelector: null }), field: `${FROM}[0]`, says: 'exactly one form' },
  { name: 'a peer that is null', resource: from(null), field: `${FROM}[0]`, says: 'type object' },
  { name: 'an empty from', resource: from(), field: FROM, says: 'name at least one peer' },
  { name: 'an empty to', resource: to(), field: TO, says: 'name at least one peer' },
  { name: 'an ingress rule without from', resource: ingressRules({ name: 'rule' }), field: FROM, says: 'Required value' },
  { name: 'an egress rule without to', resource: egressRules({ name: 'rule' }), field: TO, says: 'Required value' },
  { name: 'from that is null', resource: ingressRules({ name: 'rule', from: null }), field: FROM, says: 'Required value' },
  { name: 'a preset that does not exist', resource: from({ preset: 'Everything' }), field: `${FROM}[0].preset`, says: '"KubeAPIServer"' },
  ...['Acme', 'a.b', '', '-a', 'a_b'].flatMap((name) => [
    { name: `a peer of tenant "${name}"`, resource: from({ tenant: name }), field: `${FROM}[0].tenant`, says: 'write a DNS label' },
    { name: `a peer of platform "${name}"`, resource: from({ platform: name }), field: `${FROM}[0].platform`, says: 'write a DNS label' },
  ]),
  {
    name: 'a peer of a tenant with a name of 64 characters',
    resource: from({ tenant: 'x'.repeat(64) }),
    field: `${FROM}[0].tenant`,
    says: 'may not be more than 63',
  },
]

const NOT_CANONICAL = [
  '192.168.1.1/24',
  '010.0.0.0/8',
  '10.0.0.0/08',
  '10.0.0.0',
  '10.0.0.0/',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/+8',
  '10.0.0.0/8 ',
  ' 10.0.0.0/8',
  '10.0.0/8',
  '10.0.0.0.0/8',
  '10.0.0.256/32',
  '0x0a.0.0.0/8',
  '10.0.0.0/255.0.0.0',
  '10.0.0.0/8/8',
  'localhost/8',
  '2001:DB8::/32',
  '2001:0db8::/32',
  '2001:db8:0:0:0:0:0:0/32',
  '2001:db8::1/32',
  '2001:db8::/129',
  '2001:db8::',
  '2001:db8:::/32',
  '2001::db8::/32',
  'fe80::1%eth0/128',
  '0:0::/0',
  '2001:db8:1:1:1:1:1::/128',
  '::ffff:10.0.0.0/104',
  '::ffff:a00:0/104',
  '::ffff:0:0/96',
  '::ffff:10.0.0.1/128',
  '::10.0.0.1/128',
] as const

const inside = (cidr: string, ...except: string[]) => from({ cidr, except })

const addresses: readonly RefusedCase[] = [
  ...NOT_CANONICAL.flatMap((cidr) => [
    { name: `the CIDR "${cidr}"`, resource: from({ cidr }), field: `${FROM}[0].cidr`, says: 'canonical' },
    {
      name: `except "${cidr}"`,
      resource: from({ cidr: cidr.includes(':') ? '::/0' : '0.0.0.0/0', except: [cidr] }),
      field: `${FROM}[0].except[0]`,
      says: 'canonical',
    },
  ]),
  { name: 'an empty CIDR', resource: from({ cidr: '' }), field: `${FROM}[0].cidr`, says: 'canonical' },
  {
    name: 'a CIDR longer than any CIDR',
    resource: from({ cidr: `${'0'.repeat(40)}::/0` }),
    field: `${FROM}[0].cidr`,
    says: 'may not be more than 43',
  },
  { name: 'except equal to its CIDR', resource: inside('10.0.0.0/8', '10.0.0.0/8'), field: `${FROM}[0]`, says: 'strictly inside cidr' },
  { name: 'except wider than its CIDR', resource: inside('10.1.0.0/16', '10.0.0.0/8'), field: `${FROM}[0]`, says: 'strictly inside cidr' },
  { name: 'except beside its CIDR', resource: inside('10.0.0.0/8', '11.0.0.0/16'), field: `${FROM}[0]`, says: 'strictly inside cidr' },
  {
    name: 'except of the other address family',
    resource: inside('::/0', '10.0.0.0/8'),
    field: `${FROM}[0]`,
    says: 'strictly inside cidr',
  },
  {
    name: 'one except of several that is not inside',
    resource: inside('10.0.0.0/8', '10.1.0.0/16', '192.168.0.0/16', '10.2.0.0/16'),
    field: `${FROM}[0]`,
    says: 'strictly inside cidr',
  },
  {
    name: 'IPv6 except equal to its CIDR',
    resource: inside('2001:db8::/32', '2001:db8::/32'),
    field: `${FROM}[0]`,
    says: 'strictly inside cidr',
  },
  {
    name: 'except without cidr',
    resource: from({ podSelector: {}, except: ['10.0.0.0/8'] }),
    field: `${FROM}[0]`,
    says: 'except only goes with cidr',
  },
  { name: 'except alone', resource: from({ except: ['10.0.0.0/8'] }), field: `${FROM}[0]`, says: 'except only goes with cidr' },
  { name: 'an empty except', resource: inside('10.0.0.0/8'), field: `${FROM}[0].except`, says: 'name at least one range' },
]

const ports: readonly RefusedCase[] = [
  ...[0, -1, 65536, 2 ** 40].flatMap((port) => [
    { name: `port ${port}`, resource: toPorts({ port }), field: `${PORTS}[0].port`, says: 'between 1 and 65535' },
    {
      name: `endPort ${port}`,
      resource: toPorts({ port: 80, endPort: port }),
      field: `${PORTS}[0].endPort`,
      says: port > 0 ? '65535' : '1',
    },
  ]),
  ...['', 'HTTP', 'web_1', '-web', 'web-', 'a--b', '80', '0', ' http', 'ünix'].map((port) => ({
    name: `the port name "${port}"`,
    resource: toPorts({ port }),
    field: `${PORTS}[0].port`,
    says: "the name of a container's port",
  })),
  { name: 'a port name of 16 characters', resource: toPorts({ port: 'x'.repeat(16) }), field: `${PORTS}[0].port`, says: '15' },
  { name: 'a port with a fraction', resource: toPorts({ port: 80.5 }), field: `${PORTS}[0].port`, says: 'integer' },
  { name: 'a port that is true', resource: toPorts({ port: true }), field: `${PORTS}[0].port`, says: 'integer' },
  { name: 'endPort below port', resource: toPorts({ port: 81, endPort: 80 }), field: `${PORTS}[0]`, says: 'must not be smaller than port' },
  {
    name: 'endPort with a named port',
    resource: toPorts({ port: 'http', endPort: 90 }),
    field: `${PORTS}[0]`,
    says: 'does not go with a named port',
  },
  {
    name: 'endPort without port',
    resource: toPorts({ protocol: 'TCP', endPort: 90 }),
    field: `${PORTS}[0]`,
    says: 'begins at a number in port',
  },
  { name: 'a port that says nothing', resource: toPorts({}), field: `${PORTS}[0]`, says: 'name a port or a protocol' },
  { name: 'empty ports', resource: toPorts(), field: PORTS, says: 'name at least one port' },
  { name: 'a protocol in lower case', resource: toPorts({ port: 53, protocol: 'udp' }), field: `${PORTS}[0].protocol`, says: '"SCTP"' },
  { name: 'a protocol without ports', resource: toPorts({ protocol: 'ICMP' }), field: `${PORTS}[0].protocol`, says: '"SCTP"' },
  ...(['DNS', 'KubeAPIServer'] as const).flatMap((preset) => [
    {
      name: `ports beside the preset ${preset} in egress`,
      resource: egressRules(egressRule({ to: [{ preset }], ports: [{ port: 443 }] })),
      field: 'spec.network.egress[0]',
      says: 'leave ports out',
    },
    {
      name: `ports beside the preset ${preset} and other peers in egress`,
      resource: egressRules(egressRule({ to: [app('database'), { preset }], ports: [{ port: 443 }] })),
      field: 'spec.network.egress[0]',
      says: 'into a rule of their own',
    },
  ]),
]

const bounds: readonly RefusedCase[] = [
  {
    name: 'more ingress rules than the bound',
    resource: ingressRules(...numbered(BOUNDS.rules + 1, (n) => ingressRule({ name: `rule-${n}` }))),
    field: 'spec.network.ingress',
    says: `at most ${BOUNDS.rules} items`,
  },
  {
    name: 'more egress rules than the bound',
    resource: egressRules(...numbered(BOUNDS.rules + 1, (n) => egressRule({ name: `rule-${n}` }))),
    field: 'spec.network.egress',
    says: `at most ${BOUNDS.rules} items`,
  },
  {
    name: 'more peers than the bound',
    resource: from(...numbered(BOUNDS.peers + 1, (n) => app(`app-${n}`))),
    field: FROM,
    says: `at most ${BOUNDS.peers} items`,
  },
  {
    name: 'more peers than the bound in egress',
    resource: to(...numbered(BOUNDS.peers + 1, (n) => app(`app-${n}`))),
    field: TO,
    says: `at most ${BOUNDS.peers} items`,
  },
  {
    name: 'more ports than the bound',
    resource: toPorts(...numbered(BOUNDS.ports + 1, (n) => ({ port: n + 1 }))),
    field: PORTS,
    says: `at most ${BOUNDS.ports} items`,
  },
  {
    name: 'more ranges in except than the bound',
    resource: inside('10.0.0.0/8', ...numbered(BOUNDS.except + 1, (n) => `10.${n}.0.0/16`)),
    field: `${FROM}[0].except`,
    says: `at most ${BOUNDS.except} items`,
  },
]

const names: readonly RefusedCase[] = [
  { name: 'a resource name of 64 characters', resource: named('x'.repeat(64)), field: 'metadata.name', says: 'at most 63' },
  { name: 'a resource name with dots', resource: named('manning.books'), field: 'metadata.name', says: 'no dots' },
  {
    name: 'an ingress rule name twice',
    resource: ingressRules(ingressRule(), ingressRule({ name: 'other' }), ingressRule()),
    field: 'spec.network.ingress[2]',
    says: 'Duplicate value',
  },
  {
    name: 'an egress rule name twice',
    resource: egressRules(egressRule(), egressRule()),
    field: 'spec.network.egress[1]',
    says: 'Duplicate value',
  },
  { name: 'a rule without a name', resource: ingressRules({ from: [{}] }), field: 'spec.network.ingress[0].name', says: 'Required value' },
  ...['', 'Shopping-Cart', 'a.b', 'a b', '-a', 'a-', 'a_b'].map((name) => ({
    name: `a rule called "${name}"`,
    resource: ingressRules(ingressRule({ name })),
    field: 'spec.network.ingress[0].name',
    says: 'write a DNS label',
  })),
  {
    name: 'a rule name of 64 characters',
    resource: egressRules(egressRule({ name: 'x'.repeat(64) })),
    field: 'spec.network.egress[0].name',
    says: 'may not be more than 63',
  },
]

const unknownFields: readonly RefusedCase[] = [
  { name: 'an unknown field at the top', resource: { ...base, specs: {} }, field: 'specs', says: 'unknown field' },
  {
    name: 'an unknown field in metadata',
    resource: { ...base, metadata: { name: 'a', label: {} } },
    field: 'metadata.label',
    says: 'unknown field',
  },
  {
    name: 'an unknown field in spec',
    resource: tenantIsolation({ networks: {} } as Anything),
    field: 'spec.networks',
    says: 'unknown field',
  },
  { name: 'an unknown field in network', resource: network({ ingres: [] }), field: 'spec.network.ingres', says: 'unknown field' },
  {
    name: 'an unknown field in namespaceSelector',
    resource: selecting({ matchLabels: { tenant: 'manning' }, tenant: 'manning' }),
    field: `${SELECTOR}.tenant`,
    says: 'unknown field',
  },
  {
    name: 'an unknown field in a requirement',
    resource: selecting({ matchExpressions: [{ key: 'tenant', operator: 'Exists', value: 'x' }] }),
    field: `${SELECTOR}.matchExpressions[0].value`,
    says: 'unknown field',
  },
  {
    name: 'to in an ingress rule',
    resource: ingressRules({ ...ingressRule(), to: [app('database')] }),
    field: 'spec.network.ingress[0].to',
    says: 'unknown field',
  },
  {
    name: 'an unknown field in appliesTo',
    resource: ingressRules(ingressRule({ appliesTo: { pods: {} } as Anything })),
    field: 'spec.network.ingress[0].appliesTo.pods',
    says: 'unknown field',
  },
  {
    name: 'ipBlock in a peer, as in NetworkPolicy',
    resource: from(app('webserver'), { ipBlock: { cidr: '10.0.0.0/8' } }),
    field: `${FROM}[1].ipBlock`,
    says: 'unknown field',
  },
  {
    name: 'an unknown field in a selector of a peer',
    resource: from({ podSelector: { app: 'webserver' } }),
    field: `${FROM}[0].podSelector.app`,
    says: 'unknown field',
  },
  { name: 'an unknown field in a port', resource: toPorts({ ports: 80 }), field: `${PORTS}[0].ports`, says: 'unknown field' },
  {
    name: 'an unknown field in dns',
    resource: network({ dns: { enabled: true } }),
    field: 'spec.network.dns.enabled',
    says: 'unknown field',
  },
  {
    name: 'an unknown field called __proto__',
    resource: { ...base, spec: JSON.parse('{"namespaceSelector": {"matchLabels": {"tenant": "manning"}}, "__proto__": {"a": 1}}') },
    field: 'spec.__proto__',
    says: 'unknown field',
  },
]

const choices: readonly RefusedCase[] = [
  { name: 'a mode that does not exist', resource: network({ mode: 'Preview' }), field: 'spec.network.mode', says: '"Audit"' },
  { name: 'a mode in lower case', resource: network({ mode: 'enforce' }), field: 'spec.network.mode', says: '"Enforce"' },
  {
    name: 'a mode that YAML has read as false, off without quotes',
    resource: network({ mode: false }),
    field: 'spec.network.mode',
    says: 'type string',
  },
  { name: 'intraTenant true', resource: network({ intraTenant: true }), field: 'spec.network.intraTenant', says: 'type string' },
  { name: 'intraTenant All', resource: network({ intraTenant: 'All' }), field: 'spec.network.intraTenant', says: '"Namespace"' },
  { name: 'an empty defaultDeny', resource: network({ defaultDeny: [] }), field: 'spec.network.defaultDeny', says: 'set mode to Disabled' },
  { name: 'defaultDeny true', resource: network({ defaultDeny: true }), field: 'spec.network.defaultDeny', says: 'type array' },
  {
    name: 'a direction that does not exist',
    resource: network({ defaultDeny: ['Both'] }),
    field: 'spec.network.defaultDeny[0]',
    says: '"Ingress"',
  },
  {
    name: 'a direction twice',
    resource: network({ defaultDeny: ['Egress', 'Egress'] }),
    field: 'spec.network.defaultDeny[1]',
    says: 'Duplicate value',
  },
  { name: 'suspend "yes"', resource: tenantIsolation({ suspend: 'yes' } as Anything), field: 'spec.suspend', says: 'type boolean' },
  {
    name: 'preventDeletion "true"',
    resource: tenantIsolation({ preventDeletion: 'true' } as Anything),
    field: 'spec.preventDeletion',
    says: 'type boolean',
  },
  {
    name: 'a dns mode that does not exist',
    resource: network({ dns: { mode: 'None' } }),
    field: 'spec.network.dns.mode',
    says: '"Custom"',
  },
  {
    name: 'dns Custom without to',
    resource: network({ dns: { mode: 'Custom' } }),
    field: 'spec.network.dns',
    says: 'mode Custom needs to',
  },
  {
    name: 'dns Custom with an empty to',
    resource: network({ dns: { mode: 'Custom', to: [] } }),
    field: 'spec.network.dns.to',
    says: 'name at least one peer',
  },
  ...(['Auto', 'Disabled', undefined] as const).flatMap((mode) => [
    {
      name: `dns ${mode ?? 'without a mode'} with to`,
      resource: network({ dns: { ...(mode && { mode }), to: [{ cidr: '10.0.0.53/32' }] } }),
      field: 'spec.network.dns',
      says: 'only Custom takes to and ports',
    },
    {
      name: `dns ${mode ?? 'without a mode'} with ports`,
      resource: network({ dns: { ...(mode && { mode }), ports: [{ port: 53 }] } }),
      field: 'spec.network.dns',
      says: 'only Custom takes to and ports',
    },
  ]),
  {
    name: 'dns Custom with ports but without to',
    resource: network({ dns: { mode: 'Custom', ports: [{ port: 53 }] } }),
    field: 'spec.network.dns',
    says: 'mode Custom needs to',
  },
  ...(['DNS', 'KubeAPIServer'] as const).map((preset) => ({
    name: `dns Custom with the preset ${preset}`,
    resource: network({ dns: { mode: 'Custom', to: [{ preset }] } }),
    field: 'spec.network.dns',
    says: 'mode Auto finds the DNS of the cluster',
  })),
]

/** Everything that must be refused, by subject. */
export const REFUSED: Readonly<Record<string, readonly RefusedCase[]>> = {
  'a selector': selectors,
  'a peer': peers,
  'a range of addresses': addresses,
  'a port': ports,
  'a list that is too long': bounds,
  'a name': names,
  'an unknown field': unknownFields,
  'a choice': choices,
  ...REFUSED_POD_SECURITY,
  ...REFUSED_ACCESS,
}

const CANONICAL = [
  '0.0.0.0/0',
  '10.0.0.0/8',
  '192.168.1.0/24',
  '192.168.1.1/32',
  '255.255.255.255/32',
  '::/0',
  '::1/128',
  '::/128',
  '2001:db8::/32',
  '2001:db8:0:1:1:1:1:1/128',
  '2001:db8:0:0:1::/80',
  '2001:0:0:1::1/128',
  '1:0:0:2::/64',
  '64:ff9b::/96',
  '::fffe:0:0/95',
  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128',
] as const

/** Everything that must be taken. */
export const ACCEPTED: readonly AcceptedCase[] = [
  { name: 'the shortest resource', resource: base },
  { name: 'a resource name of 63 characters', resource: named('x'.repeat(63)) },
  { name: 'a resource name of one digit', resource: named('7') },
  {
    name: 'labels, annotations and finalizers of the resource',
    resource: { ...base, metadata: { name: 'a', labels: { a: 'b' }, annotations: { 'a/b': '' }, finalizers: ['a.example/b'] } },
  },
  { name: 'suspend and preventDeletion', resource: tenantIsolation({ suspend: true, preventDeletion: false }) },
  { name: 'an empty network', resource: network({}) },
  ...['Enforce', 'Audit', 'Disabled'].map((mode) => ({ name: `mode ${mode}`, resource: network({ mode }) })),
  ...['None', 'Namespace', 'Tenant'].map((intraTenant) => ({ name: `intraTenant ${intraTenant}`, resource: network({ intraTenant }) })),
  ...[['Ingress'], ['Egress'], ['Egress', 'Ingress']].map((defaultDeny) => ({
    name: `defaultDeny ${defaultDeny.join(' and ')}`,
    resource: network({ defaultDeny }),
  })),
  { name: 'empty lists of rules', resource: network({ ingress: [], egress: [] }) },
  { name: 'a namespaceSelector of requirements only', resource: selecting({ matchExpressions: [{ key: 'tenant', operator: 'Exists' }] }) },
  {
    name: 'all operators',
    resource: selecting({
      matchExpressions: [
        { key: 'a', operator: 'In', values: ['x', ''] },
        { key: 'b', operator: 'NotIn', values: ['y'] },
        { key: 'c', operator: 'Exists' },
        { key: 'd', operator: 'DoesNotExist', values: [] },
      ],
    }),
  },
  ...[
    'a',
    'A',
    '7',
    'a.b_c-d',
    'constructor',
    'example.com/a',
    'a-b.c.d7/E',
    `${'a'.repeat(191)}/${'b'.repeat(63)}`,
    `${'a'.repeat(253)}/b`,
  ].flatMap((key) => [
    { name: `the label key ${shortened(key)} in matchLabels`, resource: selecting({ matchLabels: { [key]: 'x' } }) },
    { name: `the label key ${shortened(key)} in a requirement`, resource: selecting({ matchExpressions: [{ key, operator: 'Exists' }] }) },
  ]),
  ...['', 'a', 'A.b_c-7', 'x'.repeat(63)].map((value) => ({
    name: `the label value "${shortened(value)}"`,
    resource: selecting({ matchLabels: { tenant: value } }),
  })),
  {
    name: 'as many labels, requirements and values as the bounds',
    resource: selecting({
      matchLabels: Object.fromEntries(numbered(16, (n) => [`key-${n}`, 'x'])),
      matchExpressions: numbered(16, (n) => ({ key: `key-${n}`, operator: 'In', values: numbered(64, (v) => `v${v}`) })),
    }),
  },
  ...Object.entries(FORMS).flatMap(([form, peer]) => [
    { name: `a peer by ${form} in ingress`, resource: from(peer) },
    { name: `a peer by ${form} in egress`, resource: to(peer) },
  ]),
  ...pairsOfForms.filter(({ name }) => TOGETHER.has(name)).map(({ name, peer }) => ({ name: `a peer by ${name}`, resource: from(peer) })),
  {
    name: 'a peer with empty selectors',
    resource: from({ podSelector: {} }, { namespaceSelector: {} }, { namespaceSelector: {}, podSelector: {} }),
  },
  ...['Internet', 'Cluster', 'KubeAPIServer', 'DNS'].map((preset) => ({
    name: `the preset ${preset} without ports`,
    resource: to({ preset }),
  })),
  {
    name: 'the presets DNS and KubeAPIServer with ports in ingress',
    resource: ingressRules(ingressRule({ from: [{ preset: 'DNS' }, { preset: 'KubeAPIServer' }], ports: [{ port: 80 }] })),
  },
  {
    name: 'the presets Internet and Cluster with ports in egress',
    resource: egressRules(egressRule({ to: [{ preset: 'Internet' }, { preset: 'Cluster' }], ports: [{ port: 443 }] })),
  },
  ...CANONICAL.map((cidr) => ({ name: `the CIDR ${cidr}`, resource: from({ cidr }) })),
  { name: 'except strictly inside', resource: inside('10.0.0.0/8', '10.0.0.0/9', '10.255.255.255/32') },
  { name: 'except strictly inside, IPv6', resource: inside('::/0', '::/1', '2001:db8::/32', '::1/128') },
  { name: 'as many ranges in except as the bound', resource: inside('10.0.0.0/8', ...numbered(BOUNDS.except, (n) => `10.${n}.0.0/16`)) },
  ...[1, 80, 65535, 'http', 'a', '9p', 'x-1', 'x'.repeat(15)].map((port) => ({ name: `port ${port}`, resource: toPorts({ port }) })),
  ...['TCP', 'UDP', 'SCTP'].map((protocol) => ({ name: `every port of ${protocol}`, resource: toPorts({ protocol }) })),
  {
    name: 'ranges of ports',
    resource: toPorts({ port: 1, endPort: 65535 }, { port: 80, endPort: 80 }, { port: 80, endPort: 81, protocol: 'SCTP' }),
  },
  { name: 'a name in both directions', resource: network({ ingress: [ingressRule()], egress: [egressRule()] }) },
  { name: 'a rule name of 63 characters', resource: ingressRules(ingressRule({ name: 'x'.repeat(63) })) },
  {
    name: 'a rule for some pods of some namespaces',
    resource: ingressRules(
      ingressRule({ appliesTo: { podSelector: labelled({ app: 'x' }), namespaceSelector: labelled({ stage: 'test' }) } }),
    ),
  },
  {
    name: 'members that are null, which the API server takes for left out',
    resource: ingressRules({ ...ingressRule(), appliesTo: null, ports: null }),
  },
  { name: 'a rule with an empty appliesTo', resource: ingressRules(ingressRule({ appliesTo: {} })) },
  { name: 'dns without a mode', resource: network({ dns: {} }) },
  ...['Auto', 'Disabled'].map((mode) => ({ name: `dns ${mode}`, resource: network({ dns: { mode } }) })),
  { name: 'dns Custom', resource: network({ dns: { mode: 'Custom', to: [{ cidr: '10.0.0.53/32' }, { platform: 'dns' }] } }) },
  { name: 'dns Custom with ports', resource: network({ dns: { mode: 'Custom', to: [{ preset: 'Internet' }], ports: [{ port: 853 }] } }) },
  {
    name: 'as many rules, peers and ports as the bounds, in both directions',
    resource: network({
      ingress: numbered(BOUNDS.rules, (n) =>
        ingressRule({
          name: `rule-${n}`,
          from: numbered(BOUNDS.peers, (p) => app(`app-${p}`)),
          ports: numbered(BOUNDS.ports, (p) => ({ port: p + 1 })),
        }),
      ),
      egress: numbered(BOUNDS.rules, (n) =>
        egressRule({
          name: `rule-${n}`,
          to: numbered(BOUNDS.peers, (p) => ({
            cidr: `10.${p}.0.0/16`,
            except: [`10.${p}.1.0/24`, `10.${p}.2.0/24`, `10.${p}.3.0/24`, `10.${p}.4.0/24`],
          })),
          ports: numbered(BOUNDS.ports, (p) => ({ port: p + 1 })),
        }),
      ),
    }),
  },
  ...ACCEPTED_POD_SECURITY,
  ...ACCEPTED_ACCESS,
]

function shortened(text: string): string {
  return text.length > 20 ? `${text.slice(0, 8)}... (${text.length} characters)` : text
}
