/** Early word of pods that would be refused: every kind that makes pods, judged by the service account of its template. */

import { expect } from 'chai'
import type { PodSecurity, Profile } from '../../../src/api/pod-security/pod-security.ts'
import { type Answer, openPeople, type People, person } from '../../support/people.ts'
import { createPod, installPodSecurity, secure, secureAs, uninstallPodSecurity, untilSo } from '../../support/pod-security.ts'

const bob = person('bob')
const namespace = 'workloads'
const labels = { app: 'x' }
const selector = { matchLabels: labels }

const template = (spec: object = {}) => ({
  metadata: { labels },
  spec: { restartPolicy: 'Always', containers: [{ name: 'main', image: 'none', securityContext: { privileged: true } }], ...spec },
})
const once = (spec: object) => template({ ...spec, restartPolicy: 'Never' })

const KINDS = {
  Deployment: { path: 'apps/v1', plural: 'deployments', object: (spec: object) => ({ spec: { selector, template: template(spec) } }) },
  DaemonSet: { path: 'apps/v1', plural: 'daemonsets', object: (spec: object) => ({ spec: { selector, template: template(spec) } }) },
  StatefulSet: {
    path: 'apps/v1',
    plural: 'statefulsets',
    object: (spec: object) => ({ spec: { selector, template: template(spec), serviceName: 'x' } }),
  },
  ReplicaSet: { path: 'apps/v1', plural: 'replicasets', object: (spec: object) => ({ spec: { selector, template: template(spec) } }) },
  Job: { path: 'batch/v1', plural: 'jobs', object: (spec: object) => ({ spec: { template: once(spec) } }) },
  CronJob: {
    path: 'batch/v1',
    plural: 'cronjobs',
    object: (spec: object) => ({ spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template: once(spec) } } } }),
  },
  ReplicationController: {
    path: 'v1',
    plural: 'replicationcontrollers',
    object: (spec: object) => ({ spec: { selector: labels, template: template(spec) } }),
  },
  PodTemplate: { path: 'v1', plural: 'podtemplates', object: (spec: object) => ({ template: template(spec) }) },
} as const
type Kind = keyof typeof KINDS

const PROFILES: Profile[] = [
  {
    name: 'basic',
    preset: 'Basic',
    subjects: [{ kind: 'Group', name: 'system:authenticated' }],
  },
  {
    name: 'admins',
    preset: 'Privileged',
    subjects: [
      { kind: 'User', name: 'bob' },
      { kind: 'ServiceAccount', namespace, name: 'agent' },
    ],
  },
]

describe('a workload whose pods would be refused', function () {
  this.timeout(60_000)
  let people: People

  before(async () => {
    people = await openPeople()
    await installPodSecurity(people)
    await secure(people, namespace, { profiles: PROFILES }, ['agent', 'stranger'])
    await untilSo('the policies count', async () => {
      const [told, silent] = await Promise.all([create('Deployment'), create('Deployment', { serviceAccountName: 'agent' })])
      const pod = await createPod(people, bob, namespace, { spec: template().spec })
      return told.warnings.length === 1 && silent.warnings.length === 0 && pod.code === 201
    })
  })

  after(() => uninstallPodSecurity(people))

  const base = (kind: Kind) =>
    `${KINDS[kind].path === 'v1' ? '/api' : '/apis'}/${KINDS[kind].path}/namespaces/${namespace}/${KINDS[kind].plural}`

  function create(kind: Kind, spec: object = {}, metadata: object = {}): Promise<Answer> {
    const { path: apiVersion, object } = KINDS[kind]
    return people.as(bob, {
      path: `${base(kind)}?dryRun=All`,
      body: { apiVersion, kind, metadata: { name: 'x', ...metadata }, ...object(spec) },
    })
  }

  const mode = async (podSecurity: Partial<PodSecurity>, ready: () => Promise<boolean>) => {
    await secureAs(people, namespace, { profiles: PROFILES, ...podSecurity })
    await untilSo(JSON.stringify(podSecurity), ready)
  }

  for (const kind of Object.keys(KINDS) as Kind[]) {
    it(`${kind}: bob, who may, is told which service account may not`, async () => {
      const { code, body, warnings } = await create(kind)
      expect(code, body.message).to.equal(201)
      expect(warnings).to.have.length(1)
      expect(warnings[0]).to.match(
        /a pod of it does not fit profile "basic": container main: privileged is not allowed\. It would fit profile "admins", which service account "workloads\/default" may not use$/,
      )
    })

    it(`${kind}: nobody is told anything when its service account may`, async () => {
      const { code, body, warnings } = await create(kind, { serviceAccountName: 'agent' })
      expect(code, body.message).to.equal(201)
      expect(warnings).to.deep.equal([])
    })
  }

  it('nobody is told anything when everybody who has logged in may: so has every controller', async () => {
    const { code, warnings } = await create('Deployment', { serviceAccountName: 'stranger', containers: [{ name: 'main', image: 'none' }] })
    expect([code, ...warnings]).to.deep.equal([201])
  })

  it('a service account that was granted nothing: told so, though the user may', async () => {
    const warnings = async () => (await create('Deployment', { serviceAccountName: 'stranger' })).warnings.join()
    const sentence =
      'service account "workloads/stranger" may not use a pod security profile of tenant workloads. It would fit profile "admins"'
    await mode({ profiles: PROFILES.filter(({ name }) => name === 'admins') }, async () => (await warnings()).includes(sentence))
    await mode({ profiles: PROFILES }, async () => (await warnings()).includes('does not fit profile "basic"'))
  })

  it('host ports that hostNetwork brings are seen, as the pods will have them', async () => {
    const containers = [{ name: 'main', image: 'none', ports: [{ containerPort: 80 }] }]
    expect((await create('Deployment', { hostNetwork: true, containers })).warnings.join()).to.include(
      'container main: hostPort is outside',
    )
  })

  it('what a controller makes of it is not told again', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x', uid: '0', controller: true }
    expect((await create('ReplicaSet', {}, { ownerReferences: [owner] })).warnings).to.deep.equal([])
  })

  it('a change that leaves the template alone is not told again', async () => {
    const { path: apiVersion, object } = KINDS.Deployment
    await people.as(bob, { path: base('Deployment'), body: { apiVersion, kind: 'Deployment', metadata: { name: 'x' }, ...object({}) } })
    const patch = (body: object) =>
      people.as(bob, { method: 'PATCH', path: `${base('Deployment')}/x?dryRun=All`, body, contentType: 'application/merge-patch+json' })
    const scaled = await patch({ spec: { replicas: 0 } })
    expect([scaled.code, ...scaled.warnings]).to.deep.equal([200])
    expect((await patch({ spec: { template: { metadata: { annotations: { a: 'b' } } } } })).warnings).to.have.length(1)
  })

  it('with defaulting, what will be filled in is no reason to warn', async () => {
    const restricted: Profile[] = [
      { name: 'restricted', preset: 'Restricted', subjects: [{ kind: 'ServiceAccount', namespace, name: 'default' }] },
    ]
    const plain = { containers: [{ name: 'main', image: 'none' }] }
    const warnings = async () => (await create('Deployment', plain)).warnings.join()
    await mode({ profiles: restricted }, async () => (await warnings()).includes('runAsNonRoot must be true'))
    await mode({ profiles: restricted, defaulting: 'Enabled' }, async () => (await warnings()) === '')
  })

  it('Deny refuses; with mode Warn it only warns; Ignore does not look', async () => {
    await mode({ workloads: 'Deny' }, async () => (await create('Deployment')).code === 403)
    expect((await create('CronJob')).body.message).to.include('a pod of it does not fit profile "basic"')
    await mode({ workloads: 'Deny', mode: 'Warn' }, async () => (await create('Deployment')).warnings.length === 1)
    await secureAs(people, namespace, { profiles: PROFILES, workloads: 'Warn', mode: 'Disabled' })
    await untilSo('it is switched off', async () => (await create('Deployment')).warnings.length === 0)
  })
})
