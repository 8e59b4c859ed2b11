import { expect } from 'chai'
import { objectsIn } from '../../../../src/cli/input/documents.ts'
import type { Pod } from '../../../../src/cli/input/kinds/pod.ts'
import { collect, noObjects, type Objects } from '../../../../src/cli/input/objects.ts'
import { podsOf } from '../../../../src/cli/input/pods.ts'

const objects = (...all: readonly object[]): Objects => {
  const { objects: found, mistakes } = collect(
    all.flatMap((object) => objectsIn('file.json', JSON.stringify(object))),
    'shop',
  )
  expect(mistakes).to.deep.equal([])
  return found
}

const CONTAINERS = [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }]

const deployment = (name: string, labels: object, more: { kind?: string; metadata?: object } = {}) => ({
  apiVersion: 'apps/v1',
  kind: more.kind ?? 'Deployment',
  metadata: { name, ...more.metadata },
  spec: { template: { metadata: { labels }, spec: { containers: CONTAINERS, serviceAccountName: 'web' } } },
})

const owned = (kind: string, name: string) => ({ ownerReferences: [{ apiVersion: 'v1', kind, name, uid: 'u', controller: true }] })

const pod = (name: string, labels: object, metadata: object = {}, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels, ...metadata },
  spec: { containers: CONTAINERS },
  ...more,
})

const brief = (pods: ReadonlyMap<string, Pod>) => [...pods.values()].map(({ name, origin, labels }) => ({ name, origin, labels }))

describe('the pods of files', () => {
  it('are what a NetworkPolicy can tell apart, with the ports of sidecars', () => {
    const { pods } = objects(
      pod(
        'web-1',
        { app: 'web' },
        {},
        {
          spec: {
            hostNetwork: true,
            nodeName: 'n1',
            containers: [
              {
                name: 'main',
                ports: [
                  { name: 'http', containerPort: 80, hostPort: 80 },
                  { containerPort: 53, protocol: 'UDP' },
                ],
              },
            ],
            initContainers: [
              { name: 'proxy', restartPolicy: 'Always', ports: [{ name: 'admin', containerPort: 9000 }] },
              { name: 'setup', ports: [{ containerPort: 1 }] },
            ],
          },
          status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: '2001:db8::1' }], hostIP: '10.0.9.1' },
        },
      ),
    )
    const { whole, ...known } = pods.get('shop/web-1') ?? {}
    expect(whole?.metadata).to.deep.equal({ namespace: 'shop', name: 'web-1', annotations: {} })
    expect(whole?.spec.containers.map(({ name }) => name)).to.deep.equal(['main'])
    expect(known).to.deep.equal({
      namespace: 'shop',
      name: 'web-1',
      labels: { app: 'web' },
      workload: undefined,
      origin: 'pod',
      hostNetwork: true,
      serviceAccount: 'default',
      node: 'n1',
      nodeAddresses: ['10.0.9.1'],
      addresses: ['10.0.0.1', '2001:db8::1'],
      phase: 'Running',
      ports: [
        { container: 'main', name: 'http', protocol: 'TCP', port: 80, hostPort: 80 },
        { container: 'main', protocol: 'UDP', port: 53 },
        { container: 'proxy', name: 'admin', protocol: 'TCP', port: 9000 },
      ],
    })
  })

  it('belong to the Deployment or CronJob behind their ReplicaSet or Job', () => {
    const workloadOf = (labels: object, kind: string, name: string) =>
      [...objects(pod('p', labels, owned(kind, name))).pods.values()][0]?.workload
    expect(workloadOf({ 'pod-template-hash': '5d4f' }, 'ReplicaSet', 'web-5d4f')).to.deep.equal({ kind: 'Deployment', name: 'web' })
    expect(workloadOf({}, 'ReplicaSet', 'web-5d4f')).to.deep.equal({ kind: 'ReplicaSet', name: 'web-5d4f' })
    expect(workloadOf({}, 'Job', 'backup-28123456')).to.deep.equal({ kind: 'CronJob', name: 'backup' })
    expect(workloadOf({}, 'Job', 'backup-1')).to.deep.equal({ kind: 'Job', name: 'backup-1' })
    expect(workloadOf({}, 'StatefulSet', 'db')).to.deep.equal({ kind: 'StatefulSet', name: 'db' })
  })

  it('are one for each workload of which there is no pod', () => {
    const cronJob = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'backup' },
      spec: { jobTemplate: { spec: { template: { metadata: { labels: { app: 'backup' } }, spec: { containers: [{ name: 'main' }] } } } } },
    }
    const files = objects(deployment('web', { app: 'web' }), deployment('web', { app: 'db' }, { kind: 'StatefulSet' }), cronJob)
    expect(brief(podsOf(files, noObjects()))).to.deep.equal([
      { name: 'web', origin: 'template', labels: { app: 'web' } },
      { name: 'web', origin: 'template', labels: { app: 'db' } },
      { name: 'backup', origin: 'template', labels: { app: 'backup' } },
    ])
    expect([...podsOf(files, noObjects()).values()][0]).to.deep.include({
      workload: { kind: 'Deployment', name: 'web' },
      serviceAccount: 'web',
      ports: [{ container: 'main', name: 'http', protocol: 'TCP', port: 8080 }],
    })
  })

  it('speak for their workloads, and a Deployment for its ReplicaSet, where a dump has all of them', () => {
    const replicaSet = deployment('web-5d4f', { app: 'web' }, { kind: 'ReplicaSet', metadata: owned('Deployment', 'web') })
    const web = pod('web-5d4f-x', { app: 'web', 'pod-template-hash': '5d4f' }, owned('ReplicaSet', 'web-5d4f'))
    expect(brief(podsOf(objects(deployment('web', { app: 'web' }), replicaSet, web), noObjects())).map(({ name }) => name)).to.deep.equal([
      'web-5d4f-x',
    ])
    expect(brief(podsOf(objects(deployment('web', { app: 'web' }), replicaSet), noObjects())).map(({ name }) => name)).to.deep.equal([
      'web',
    ])
    // Nobody else speaks for it.
    expect(brief(podsOf(objects(replicaSet), noObjects())).map(({ name }) => name)).to.deep.equal(['web-5d4f'])
  })
})

describe('workloads of files over the pods of a cluster', () => {
  const running = pod('web-5d4f-x', { app: 'web', tier: 'old', 'pod-template-hash': '5d4f' }, owned('ReplicaSet', 'web-5d4f'), {
    status: { phase: 'Running', podIP: '10.0.0.1' },
  })

  it('give the running pods the labels of their template; names, addresses and what controllers add stay', () => {
    const pods = podsOf(objects(deployment('web', { app: 'web', tier: 'new' })), objects(running))
    expect(brief(pods)).to.deep.equal([
      { name: 'web-5d4f-x', origin: 'pod', labels: { 'pod-template-hash': '5d4f', app: 'web', tier: 'new' } },
    ])
    expect(pods.get('shop/web-5d4f-x')).to.deep.include({ addresses: ['10.0.0.1'], phase: 'Running', serviceAccount: 'web' })
  })

  it('leave pods of other workloads alone, even of the same name in another namespace', () => {
    const other = deployment('web', { app: 'other' }, { metadata: { namespace: 'warehouse' } })
    expect(brief(podsOf(objects(other), objects(running))).map(({ labels }) => labels)).to.deep.equal([
      { app: 'web', tier: 'old', 'pod-template-hash': '5d4f' },
      { app: 'other' },
    ])
  })
})
