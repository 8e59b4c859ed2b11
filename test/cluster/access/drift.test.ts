/** The RoleBindings of spec.access are put back whatever somebody does to them, by no more writes than it takes; what others made stays. */

import { expect } from 'chai'
import { MANAGED_BY_LABEL, TENANT_LABEL } from '../../../src/api/labels.ts'
import type { KubeObject } from '../../../src/kube/objects.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { createMetrics } from '../../../src/observability/metrics.ts'
import { createTelemetry } from '../../../src/observability/telemetry.ts'
import { bindingName, group, type Loose, marksOf, RoleBindings, user } from '../../support/access.ts'
import { callText } from '../../support/audit.ts'
import { namespacesOf } from '../../support/build.ts'
import { eventually } from '../../support/eventually.ts'
import { conditionOf, end, type Kube, openKube } from '../../support/kube.ts'
import { CONFIG_MAPS, configMap, EVENTS } from '../../support/kube-setup.ts'
import { complaintsOf, type RunningOperator, startOperator } from '../../support/operator.ts'

const TENANT = 'access-drift'
const EDIT = bindingName(TENANT, 'edit')
const VIEW = bindingName(TENANT, 'view')
const MALLORY = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'mallory' }

type Drift = {
  readonly what: string
  readonly edit: (binding: Loose) => void
  /** Left out: the manager of the edit is known. Nobody signs what they take away. */
  readonly anonymous?: true
  /** Left out: one update. Without our label the watch shows it as deleted. */
  readonly calls?: readonly string[]
}

const UNLABELLED = ['create 409', 'get 200', 'update 200']

const DRIFTS: readonly Drift[] = [
  { what: 'a subject added', edit: ({ subjects }) => void subjects.push(MALLORY) },
  {
    what: 'a subject exchanged',
    edit: (binding) => {
      binding.subjects = [MALLORY]
    },
  },
  {
    what: 'its subjects removed',
    anonymous: true,
    edit: (binding) => {
      delete binding.subjects
    },
  },
  {
    what: 'our label changed to another tenant',
    edit: ({ metadata }) => {
      metadata.labels[TENANT_LABEL] = 'someone-else'
    },
  },
  {
    what: 'the managed-by label removed',
    anonymous: true,
    edit: ({ metadata }) => {
      delete metadata.labels[MANAGED_BY_LABEL]
    },
  },
  {
    what: 'its owner removed',
    anonymous: true,
    edit: ({ metadata }) => {
      delete metadata.ownerReferences
    },
  },
  {
    what: 'our label removed',
    anonymous: true,
    calls: UNLABELLED,
    edit: ({ metadata }) => {
      delete metadata.labels[TENANT_LABEL]
    },
  },
  {
    what: 'everything at once',
    anonymous: true,
    calls: UNLABELLED,
    edit: (binding) => {
      delete binding.metadata.labels
      delete binding.metadata.ownerReferences
      binding.subjects = [MALLORY]
    },
  },
]

describe('drift of access', function () {
  this.timeout(60_000)

  let kube: Kube
  let running: RunningOperator
  let bindings: RoleBindings
  let proper: unknown
  let namespaces = 0

  before(async () => {
    kube = await openKube()
    bindings = new RoleBindings(kube)
    running = await startOperator()
    await kube.createNamespace('access-drift-proper', { tenant: TENANT })
    await kube.applyTenant(TENANT, {
      namespaceSelector: namespacesOf(TENANT),
      access: [
        { clusterRole: 'edit', subjects: [group('manning-developers'), user('alice')] },
        { clusterRole: 'view', subjects: [user('bob')] },
      ],
    })
    await kube.says(TENANT, { AccessBound: 'True Bound' })
    proper = await viewOf('access-drift-proper')
  })

  after(() => end(kube, running))

  const viewOf = (namespace: string) => Promise.all([EDIT, VIEW].map((name) => bindings.view(namespace, name)))

  /** One of its own for each test, so that no binding is repaired so often that it counts as a fight. */
  const boundNamespace = async (): Promise<string> => {
    const name = `access-drift-${namespaces++}`
    await kube.createNamespace(name, { tenant: TENANT })
    await repaired(name)
    // The write of the status ends what a new namespace brings about.
    await eventually(async () => expect((await kube.ready(TENANT)).status?.namespaces?.isolated).to.equal(1 + namespaces))
    return name
  }
  const repaired = (namespace: string): Promise<void> =>
    eventually(async () => {
      expect(await viewOf(namespace)).to.deep.equal(proper)
      expect(await bindings.names(namespace)).to.deep.equal([EDIT, VIEW])
    })
  const callsSince = async (mark: number): Promise<string[]> =>
    (await kube.audit.since(mark)).filter(({ resource }) => resource !== 'leases').map(({ verb, code }) => `${verb} ${code}`)
  const repairsIn = (namespace: string) =>
    running.repairs.filter((repair) => repair.namespace === namespace).map(({ kind, name, change, by }) => ({ kind, name, change, by }))

  describe('is put back, without making the RoleBinding anew, and says whose edit it was:', () => {
    for (const { what, edit, anonymous, calls = ['update 200'] } of DRIFTS) {
      it(what, async () => {
        const namespace = await boundNamespace()
        const { uid } = (await bindings.get(namespace, EDIT)).metadata
        const mark = await kube.audit.mark()
        await bindings.edit(namespace, EDIT, edit)
        await repaired(namespace)
        expect(await callsSince(mark)).to.deep.equal(calls)
        expect((await bindings.get(namespace, EDIT)).metadata.uid).to.equal(uid)
        const change = calls === UNLABELLED ? 'deleted' : 'edited'
        const by = anonymous ? undefined : 'mallory'
        await eventually(() => expect(repairsIn(namespace)).to.deep.equal([{ kind: 'RoleBinding', name: EDIT, change, by }]))
      })
    }
  })

  it('by deletion is put back with one write', async () => {
    const namespace = await boundNamespace()
    const mark = await kube.audit.mark()
    await bindings.delete(namespace, EDIT)
    await repaired(namespace)
    expect(await callsSince(mark)).to.deep.equal(['create 201'])
    await eventually(() =>
      expect(repairsIn(namespace)).to.deep.equal([{ kind: 'RoleBinding', name: EDIT, change: 'deleted', by: undefined }]),
    )
  })

  it('by a RoleBinding under our marks that nobody asked for is taken away', async () => {
    const namespace = await boundNamespace()
    const { uid } = (await kube.tenant(TENANT)).metadata
    const forged = bindingName(TENANT, 'admin')
    await bindings.create(namespace, forged, { subjects: [MALLORY] }, marksOf(TENANT, uid))
    await repaired(namespace)
    await eventually(() => expect(repairsIn(namespace)).to.deep.equal([{ kind: 'RoleBinding', name: forged, change: 'added', by: 'test' }]))
  })

  describe('to another role, which takes a new RoleBinding, is put back', () => {
    const madeAnew = async (namespace: string, metadata: object) => {
      await bindings.delete(namespace, EDIT)
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }
      // The operator may be faster, and then it has only put back what was deleted.
      await bindings.create(namespace, EDIT, { roleRef, subjects: [MALLORY] }, metadata).catch(() => {})
    }

    it('under our marks', async () => {
      const namespace = await boundNamespace()
      const { uid } = (await kube.tenant(TENANT)).metadata
      await madeAnew(namespace, marksOf(TENANT, uid))
      await repaired(namespace)
    })

    it('without our label, and while the operator was down', async () => {
      const namespace = await boundNamespace()
      const { uid } = (await kube.tenant(TENANT)).metadata
      await running.stop()
      expect(complaintsOf(running)).to.deep.equal([])
      const { ownerReferences } = marksOf(TENANT, uid)
      await madeAnew(namespace, { ownerReferences })
      expect((await bindings.get(namespace, EDIT)).roleRef.name).to.equal('cluster-admin')
      running = await startOperator()
      await repaired(namespace)
    })
  })

  it('that is made while the operator is down is put back when it comes back', async () => {
    const places = [await boundNamespace(), await boundNamespace()] as const
    await running.stop()
    expect(complaintsOf(running)).to.deep.equal([])
    await bindings.delete(places[0], EDIT)
    await bindings.edit(places[1], VIEW, ({ subjects }) => {
      subjects[0].name = 'mallory'
    })
    const mark = await kube.audit.mark()
    running = await startOperator()
    for (const namespace of places) await repaired(namespace)
    await kube.ready(TENANT)
    const writes = (await kube.audit.writesSince(mark)).map(callText)
    expect(writes).to.have.members([`create rolebindings ${places[0]}/${EDIT} 201`, `update rolebindings ${places[1]}/${VIEW} 200`])
  })

  it('leaves what others made, and what they put on ours', async () => {
    const namespace = await boundNamespace()
    const owner = await kube.client.create(CONFIG_MAPS, configMap(namespace, 'owner'))
    await bindings.create(namespace, 'own', { subjects: [MALLORY] }, { labels: { [MANAGED_BY_LABEL]: 'tenant-isolation' } })
    // Our name, but no owner of ours: of a tenant that has nothing to say here.
    await bindings.create(namespace, bindingName('nobody', 'edit'), { subjects: [] }, { labels: { [TENANT_LABEL]: 'nobody' } })
    await bindings.edit(namespace, EDIT, ({ metadata, subjects }) => {
      metadata.labels.team = 'a'
      metadata.annotations = { 'example.com/note': 'yes' }
      metadata.ownerReferences.push({ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid })
      subjects.pop()
    })
    await eventually(async () => {
      const { labels, annotations, ownerReferences, subjects } = await bindings.view(namespace, EDIT)
      expect(labels).to.deep.include({ team: 'a', [TENANT_LABEL]: TENANT })
      expect(annotations).to.deep.equal({ 'example.com/note': 'yes' })
      expect([ownerReferences?.length, subjects?.length]).to.deep.equal([1, 2])
    })
    expect(await bindings.names(namespace)).to.deep.equal(['own', EDIT, VIEW, bindingName('nobody', 'edit')].sort())
  })

  it('without end is said in status, with the name of who makes it', async () => {
    const namespace = await boundNamespace()
    for (let times = 0; times < 5; times++) {
      await bindings.edit(namespace, VIEW, ({ subjects }) => {
        subjects[0].name = `mallory-${times}`
      })
      await repaired(namespace)
    }
    const tenant = await kube.says(TENANT, { Ready: 'True', Drifted: 'True Repeated' })
    expect(conditionOf(tenant, 'Drifted')?.message).to.equal(
      `RoleBinding ${namespace}/${VIEW} is changed again and again by mallory; it is put back each time`,
    )
  })
})

describe('a repair of access', function () {
  this.timeout(60_000)

  const NAME = 'access-told'
  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    const logger = createLogger({ level: 'error', format: 'text' })
    running = await startOperator({ beside: createTelemetry({ logger, metrics: createMetrics({ version: 'test' }), server: 'test' }) })
    await kube.createNamespace(NAME, { tenant: NAME })
    await kube.applyTenant(NAME, { namespaceSelector: namespacesOf(NAME), access: [{ clusterRole: 'view', subjects: [user('bob')] }] })
    await kube.says(NAME, { AccessBound: 'True Bound' })
  })

  after(() => end(kube, running))

  it('is told by an Event on the resource', async () => {
    const bindings = new RoleBindings(kube)
    const name = bindingName(NAME, 'view')
    await bindings.edit(NAME, name, ({ subjects }) => {
      subjects[0].name = 'mallory'
    })
    const events = await eventually(async () => {
      const { items } = await kube.client.list<KubeObject & { note: string; related: object }>(EVENTS, {
        namespace: 'default',
        fieldSelector: `regarding.name=${NAME}`,
      })
      expect(items).to.have.lengthOf(1)
      return items
    })
    expect(events[0]?.note).to.equal(`put RoleBinding ${NAME}/${name} back as it was: it had been changed by mallory`)
    expect(events[0]?.related).to.deep.include({ kind: 'RoleBinding', namespace: NAME, name })
  })
})
