/** What is read: NetworkPolicies, pods, namespaces. What cannot be read is said with its field, and never guessed. */

import { expect } from 'chai'
import {
  isOurs,
  namespaceOf,
  podOf,
  podOfWorkload,
  policyName,
  problemText,
  readCluster,
  readPolicies,
  tenantOfPolicy,
} from '../../../src/reachability/reachability.ts'
import { oursOf, pod, policy } from '../../support/reach.ts'

const problems = (...objects: readonly unknown[]) => readPolicies(objects).problems.map(problemText)
const problemsOfSpec = (spec: object) => problems(policy('shop/p', spec)).map((text) => text.replace('NetworkPolicy shop/p: spec.', ''))
const problemsOfPort = (port: object) =>
  problemsOfSpec({ ingress: [{ ports: [port] }] }).map((text) => text.replace('ingress[0].ports[0]', ''))
const problemsOfBlock = (ipBlock: object) =>
  problemsOfSpec({ egress: [{ to: [{ ipBlock }] }] }).map((text) => text.replace('egress[0].to[0].ipBlock', ''))

describe('a NetworkPolicy that is broken', () => {
  it('is left out, with all that is wrong with it, and the others are read', () => {
    const { policies, problems: found } = readPolicies([
      policy('shop/good', {}),
      policy('shop/bad', { ingres: [], podSelector: { matchLabels: { app: 1 } } }),
      policy('crm/good', {}),
    ])
    expect(policies.map(policyName)).to.deep.equal(['shop/good', 'crm/good'])
    expect(found.map(problemText)).to.deep.equal([
      'NetworkPolicy shop/bad: spec.ingres: unknown field; known are podSelector, policyTypes, ingress, egress',
      'NetworkPolicy shop/bad: spec.podSelector.matchLabels[app]: must be of type string; put it in quotes',
    ])
  })

  it('is something else, or has no name or no namespace', () => {
    expect(problems({ ...policy('shop/p', {}), apiVersion: 'extensions/v1beta1' })).to.deep.equal([
      'NetworkPolicy shop/p: apiVersion: must be networking.k8s.io/v1',
    ])
    expect(problems({ ...policy('shop/p', {}), kind: 'Ingress' })).to.deep.equal(['NetworkPolicy shop/p: kind: must be NetworkPolicy'])
    expect(problems({ metadata: { name: 'p' } })).to.deep.equal(['NetworkPolicy ?/p: metadata.namespace: Required value'])
    expect(problems({ metadata: { namespace: 'shop' } })).to.deep.equal(['NetworkPolicy shop/?: metadata.name: Required value'])
    expect(problems('text', null, []).filter((text) => text.includes('must be an object'))).to.have.length(2)
  })

  it('has a list that is none, or an entry that is empty', () => {
    expect(problemsOfSpec({ ingress: {} })).to.deep.equal(['ingress: must be a list'])
    expect(problemsOfSpec({ ingress: [null] })).to.deep.equal(['ingress[0]: is empty; write what is meant, or leave the entry out'])
    expect(problemsOfSpec({ ingress: [{ from: [null] }] })[0]).to.equal(
      'ingress[0].from[0]: is empty; write what is meant, or leave the entry out',
    )
    expect(problemsOfSpec({ ingress: ['all'] })).to.deep.equal(['ingress[0]: must be an object'])
    expect(problemsOfSpec({ ingress: [{ to: [] }] })).to.deep.equal(['ingress[0].to: unknown field; known are from, ports'])
  })

  it('lists a type that there is not, or too many', () => {
    expect(problemsOfSpec({ policyTypes: ['ingress'] })).to.deep.equal(['policyTypes[0]: supported values: "Ingress", "Egress"'])
    expect(problemsOfSpec({ policyTypes: ['Ingress', 'Egress', 'Egress'] })).to.deep.equal([
      'policyTypes: may not specify more than two policyTypes',
    ])
  })

  it('is also broken in a direction that it does not list', () => {
    expect(problemsOfSpec({ policyTypes: ['Egress'], ingress: [{ from: [{}] }] })).to.have.length(1)
    expect(problemsOfSpec({ policyTypes: ['Ingress'], egress: [{ to: [{}] }] })).to.have.length(1)
  })

  it('names a port that there is not', () => {
    expect(problemsOfPort({ port: '80' })).to.deep.equal(['.port: "80" is not the name of a port; write a number without quotes'])
    expect(problemsOfPort({ port: 'Http' })).to.have.length(1)
    for (const port of [0, 65536, 80.5, true])
      expect(problemsOfPort({ port }), String(port)).to.deep.equal(['.port: must be a number from 1 to 65535, or the name of a port'])
    for (const endPort of [79, 65536, 'x'])
      expect(problemsOfPort({ port: 80, endPort }), String(endPort)).to.deep.equal(['.endPort: must be a number from port to 65535'])
    for (const rest of [{}, { port: 'http' }])
      expect(problemsOfPort({ ...rest, endPort: 80 })).to.deep.equal(['.endPort: only goes with a number in port'])
    expect(problemsOfPort({ protocol: 'tcp' })).to.deep.equal(['.protocol: supported values: "TCP", "UDP", "SCTP"'])
    expect(problemsOfPort({ number: 80 })).to.deep.equal(['.number: unknown field; known are protocol, port, endPort'])
  })

  it('names a range that not everybody reads alike', () => {
    for (const cidr of ['10.0.0.0', '10.0.0.0/33', '010.0.0.0/8', '::ffff:10.0.0.0/104', 'web'])
      expect(problemsOfBlock({ cidr })[0], cidr).to.match(/^\.cidr: .* is not a range that everybody reads alike/)
    expect(problemsOfBlock({})).to.deep.equal(['.cidr: Required value'])
    expect(problemsOfBlock({ cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] })).to.deep.equal([
      '.except[0]: must be a strict subset of 10.0.0.0/8',
    ])
    expect(problemsOfBlock({ cidr: '10.0.0.0/8', except: ['::/0'] })).to.deep.equal(['.except[0]: must be a strict subset of 10.0.0.0/8'])
  })

  it('has a selector that says nothing that can be', () => {
    const selector = (podSelector: object) => problemsOfSpec({ podSelector }).map((text) => text.replace('podSelector.', ''))
    const expression = (requirement: object) =>
      selector({ matchExpressions: [{ key: 'app', ...requirement }] }).map((text) => text.replace('matchExpressions[0].', ''))
    expect(selector({ matchLabels: { app: null } })).to.deep.equal(['matchLabels[app]: has no value; write "" for the empty one'])
    expect(selector({ matchLabels: { 'a/b/c': 'x' } })).to.deep.equal(['matchLabels[a/b/c]: is not a label key'])
    expect(selector({ matchLabels: { app: 'a b' } })).to.deep.equal(['matchLabels[app]: "a b" is not a label value'])
    expect(selector({ app: 'web' })).to.deep.equal(['app: unknown field; known are matchLabels, matchExpressions'])
    expect(expression({ operator: 'In' })).to.deep.equal(['values: must list at least one value for In and NotIn'])
    expect(expression({ operator: 'Exists', values: ['x'] })).to.deep.equal(['values: must be left out for Exists and DoesNotExist'])
    expect(expression({ operator: 'Equals', values: ['x'] })).to.deep.equal(['operator: supported values: In, NotIn, Exists, DoesNotExist'])
    expect(expression({ operator: 'In', values: [1] })).to.deep.equal(['values[0]: 1 is not a label value'])
  })

  it('is not one that an older API server has stored with bits behind the length of a range: they mean nothing', () => {
    expect(problemsOfBlock({ cidr: '192.168.1.1/24', except: ['192.168.1.129/25'] })).to.deep.equal([])
  })

  it('is not one without kind and apiVersion, as they come in a list', () => {
    expect(problems({ metadata: { namespace: 'shop', name: 'p', managedFields: [] }, spec: {} })).to.deep.equal([])
  })
})

describe('a NetworkPolicy of ours', () => {
  const read = (metadata: object) => {
    const [only] = readPolicies([policy('shop/p', {}, metadata)]).policies
    return only && { ours: isOurs(only), tenant: tenantOfPolicy(only), rules: only.resourceRules }
  }
  const marks = oursOf('manning', 'dns, ingress/cart') as {
    labels: object
    ownerReferences: { controller: boolean; kind: string; apiVersion: string }[]
  }
  it('is known by label and controller, and says which rules it carries', () => {
    expect(read(marks)).to.deep.equal({ ours: true, tenant: 'manning', rules: ['dns', 'ingress/cart'] })
  })
  it('needs both', () => {
    const other = (change: object) => ({ ...marks, ownerReferences: marks.ownerReferences.map((owner) => ({ ...owner, ...change })) })
    for (const metadata of [
      { labels: marks.labels },
      { ...marks, labels: {} },
      other({ controller: false }),
      other({ kind: 'Other' }),
      other({ apiVersion: 'apps/v1' }),
    ]) {
      expect(read(metadata)).to.deep.include({ ours: false, tenant: undefined })
    }
    expect(read(other({ apiVersion: 'tenant-isolation.dev/v1' }))).to.deep.include({ ours: true })
  })
})

describe('pods and namespaces', () => {
  const POD = {
    metadata: {
      namespace: 'shop',
      name: 'web-5d4f-x',
      labels: { app: 'web', 'pod-template-hash': '5d4f' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-5d4f', controller: true }],
    },
    spec: {
      initContainers: [
        { name: 'once', ports: [{ name: 'setup', containerPort: 1 }] },
        { name: 'proxy', restartPolicy: 'Always', ports: [{ name: 'mesh', containerPort: 15008 }] },
      ],
      containers: [
        { ports: [{ name: 'http', containerPort: 80 }, { containerPort: 81 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }] },
      ],
    },
    status: { phase: 'Running', podIPs: [{ ip: '10.244.0.7' }, { ip: 'fd00::7' }], hostIP: '172.18.0.2' },
  }

  it('are read from the objects of an API server', () => {
    expect(podOf(POD)).to.deep.equal({
      namespace: 'shop',
      name: 'web-5d4f-x',
      labels: { app: 'web', 'pod-template-hash': '5d4f' },
      addresses: ['10.244.0.7', 'fd00::7'],
      nodeAddresses: ['172.18.0.2'],
      hostNetwork: false,
      ports: [
        { name: 'mesh', protocol: 'TCP', port: 15008 },
        { name: 'http', protocol: 'TCP', port: 80 },
        { name: 'dns', protocol: 'UDP', port: 53 },
      ],
      workload: { kind: 'Deployment', name: 'web' },
    })
    expect(namespaceOf({ metadata: { name: 'shop', labels: { tenant: 'manning' } } })).to.deep.equal({
      name: 'shop',
      labels: { tenant: 'manning' },
    })
  })

  it('that have ended reach nobody', () => {
    for (const phase of ['Succeeded', 'Failed']) expect(podOf({ ...POD, status: { ...POD.status, phase } })).to.equal(undefined)
    expect(podOf({ ...POD, status: { phase: 'Pending' } })).to.deep.include({ addresses: [], nodeAddresses: [] })
  })

  it('belong to the workload that controls them', () => {
    const owned = (ownerReferences: readonly object[], labels = {}) =>
      podOf({ ...POD, metadata: { ...POD.metadata, labels, ownerReferences } })?.workload
    expect(owned([{ kind: 'ReplicaSet', name: 'web-5d4f', controller: true }])).to.deep.equal({ kind: 'ReplicaSet', name: 'web-5d4f' })
    expect(
      owned([
        { kind: 'Other', name: 'x' },
        { kind: 'StatefulSet', name: 'db', controller: true },
      ]),
    ).to.deep.equal({ kind: 'StatefulSet', name: 'db' })
    expect(owned([])).to.equal(undefined)
  })

  it('are foreseen from the template of a workload', () => {
    const template = { metadata: { labels: { app: 'web' } }, spec: { hostNetwork: true, containers: [] } }
    const expected = {
      namespace: 'shop',
      name: 'web',
      labels: { app: 'web' },
      addresses: [],
      nodeAddresses: [],
      hostNetwork: true,
      ports: [],
    }
    expect(podOfWorkload({ kind: 'Deployment', metadata: { namespace: 'shop', name: 'web' }, spec: { template } })).to.deep.equal({
      ...expected,
      workload: { kind: 'Deployment', name: 'web' },
    })
    expect(
      podOfWorkload({ kind: 'CronJob', metadata: { namespace: 'shop', name: 'web' }, spec: { jobTemplate: { spec: { template } } } }),
    ).to.deep.equal({ ...expected, workload: { kind: 'CronJob', name: 'web' } })
    expect(podOfWorkload({ kind: 'Service', metadata: { name: 'web' }, spec: {} })).to.equal(undefined)
  })

  it('with an address that is none, or a name that is taken, are said', () => {
    const { cluster, problems: found } = readCluster({
      pods: [pod('shop/web', {}, { addresses: ['10.0.0.256'] }), pod('shop/web')],
      namespaces: [],
      podRanges: ['10.0.0.0/40', '10.0.0.0/8'],
    })
    expect(found.map(problemText)).to.deep.equal([
      'Pod shop/web: addresses: "10.0.0.256" is not an address',
      'Pod shop/web: name: is there twice; only the first counts',
      'cluster: podRanges[0]: "10.0.0.0/40" is not a range',
    ])
    expect(cluster.pods).to.have.length(1)
  })
})
