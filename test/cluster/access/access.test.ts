/** spec.access: who is named gets just that, in every namespace of the tenant and nowhere else, for as long as it is named. */

import { expect } from 'chai'
import type { Access } from '../../../src/api/access.ts'
import type { Spec } from '../../../src/api/tenant-isolation.ts'
import { bindingName, group, marksOf, mayDo, RoleBindings, user } from '../../support/access.ts'
import { callText } from '../../support/audit.ts'
import { labelled, namespacesOf } from '../../support/build.ts'
import { always, eventually } from '../../support/eventually.ts'
import { conditionOf, end, type Kube, openKube } from '../../support/kube.ts'
import { startProxy } from '../../support/kube-setup.ts'
import { complaintsOf, type RunningOperator, startOperator } from '../../support/operator.ts'
import { openPeople, type People } from '../../support/people.ts'

const DEVELOPERS = group('manning-developers')
const ALICE = user('alice')
const EDIT: Access = [{ clusterRole: 'edit', subjects: [DEVELOPERS] }]
const RBAC = 'rbac.authorization.k8s.io'

const specOf = (tenant: string, access?: Access, more: Partial<Spec> = {}): Spec => ({
  namespaceSelector: namespacesOf(tenant),
  ...(access && { access }),
  ...more,
})

describe('access', function () {
  this.timeout(60_000)

  let kube: Kube
  let people: People
  let running: RunningOperator
  let bindings: RoleBindings

  before(async () => {
    kube = await openKube()
    people = await openPeople()
    bindings = new RoleBindings(kube)
    running = await startOperator()
  })

  after(async () => {
    await people.close()
    await end(kube, running)
  })

  /** A tenant with two namespaces, of its own name and with -too behind it. */
  const given = async (name: string, access: Access = EDIT, more: Partial<Spec> = {}): Promise<void> => {
    for (const namespace of [name, `${name}-too`]) await kube.createNamespace(namespace, { tenant: name })
    await kube.applyTenant(name, specOf(name, access, more))
    await kube.says(name, { AccessBound: 'True Bound', Ready: 'True' })
  }
  const may = (who: typeof ALICE, namespace: string, verb = 'create', resource = 'configmaps') =>
    mayDo(people, who, verb, resource, namespace)

  /** What changed RoleBindings since, in the order of the API server. */
  const writesSince = async (mark: number) =>
    (await kube.audit.writesSince(mark)).filter(({ resource }) => resource === 'rolebindings').map(callText)

  describe('of those who are named', () => {
    const TENANT = 'access-given'

    it('is there in every namespace of the tenant, by a RoleBinding with its marks, and nowhere else', async () => {
      await kube.createNamespace('access-elsewhere')
      await given(TENANT, [
        { clusterRole: 'edit', subjects: [DEVELOPERS, { kind: 'ServiceAccount', name: 'deployer', namespace: 'ci' }] },
        { clusterRole: 'view', subjects: [ALICE] },
      ])
      const { uid } = (await kube.tenant(TENANT)).metadata
      for (const namespace of [TENANT, `${TENANT}-too`]) {
        expect(await bindings.names(namespace)).to.deep.equal([bindingName(TENANT, 'edit'), bindingName(TENANT, 'view')])
        expect(await bindings.view(namespace, bindingName(TENANT, 'edit'))).to.deep.equal({
          ...marksOf(TENANT, uid),
          annotations: undefined,
          roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'edit' },
          subjects: [
            { kind: 'Group', name: 'manning-developers', apiGroup: RBAC },
            { kind: 'ServiceAccount', name: 'deployer', namespace: 'ci' },
          ],
        })
        await eventually(async () => expect(await may(DEVELOPERS, namespace)).to.equal(true))
        await eventually(async () => expect(await may(ALICE, namespace, 'list')).to.equal(true))
        expect(await may(ALICE, namespace)).to.equal(false)
      }
      expect(await may(DEVELOPERS, 'access-elsewhere')).to.equal(false)
      const { status } = await kube.tenant(TENANT)
      expect(conditionOf({ status }, 'AccessBound')?.message).to.equal('edit, view: bound in 2 namespaces')
    })

    it('comes to a namespace that comes to the tenant, and goes from one that leaves', async () => {
      await bindings.create(`${TENANT}-too`, 'own', { subjects: [] })
      await kube.createNamespace(`${TENANT}-later`, { tenant: TENANT })
      await kube.labelNamespace(`${TENANT}-too`, { tenant: null })
      await eventually(async () => expect(await bindings.names(`${TENANT}-later`)).to.have.lengthOf(2))
      await eventually(async () => expect(await bindings.names(`${TENANT}-too`)).to.deep.equal(['own']))
      await kube.says(TENANT, { AccessBound: 'True Bound', Reconciling: 'False' })
      await eventually(async () => expect(await may(DEVELOPERS, `${TENANT}-too`)).to.equal(false))
    })

    it('changes with the subjects by one write in each namespace', async () => {
      const mark = await kube.audit.mark()
      await kube.applyTenant(TENANT, specOf(TENANT, [...EDIT, { clusterRole: 'view', subjects: [user('bob')] }]))
      await kube.says(TENANT, { AccessBound: 'True Bound' })
      expect(await writesSince(mark)).to.have.members(
        [TENANT, `${TENANT}-later`].flatMap((namespace) =>
          ['edit', 'view'].map((role) => `update rolebindings ${namespace}/${bindingName(TENANT, role)} 200`),
        ),
      )
      await eventually(async () => expect(await may(ALICE, TENANT, 'list')).to.equal(false))
      await eventually(async () => expect(await may(user('bob'), TENANT, 'list')).to.equal(true))
    })

    it('is given under another role before it is taken under the old one', async () => {
      const mark = await kube.audit.mark()
      await kube.applyTenant(TENANT, specOf(TENANT, [{ clusterRole: 'admin', subjects: [DEVELOPERS] }]))
      await kube.says(TENANT, { AccessBound: 'True Bound' })
      const writes = await writesSince(mark)
      for (const namespace of [TENANT, `${TENANT}-later`]) {
        const here = writes.filter((write) => write.includes(`${namespace}/`)).map((write) => write.replace(/ rolebindings .*:/, ' '))
        expect(here[0]).to.equal('create admin 201')
        expect(here.slice(1)).to.have.members(['delete edit 200', 'delete view 200'])
      }
    })

    it('goes when nobody is named any more', async () => {
      await kube.applyTenant(TENANT, specOf(TENANT))
      await kube.says(TENANT, { AccessBound: 'False NotAsked', Ready: 'True' })
      expect(await bindings.names(TENANT)).to.deep.equal([])
    })
  })

  for (const mode of ['Audit', 'Disabled'] as const) {
    it(`is given, kept and taken whatever the mode of the network: ${mode}`, async () => {
      const name = `access-${mode.toLowerCase()}`
      await given(name, EDIT, { network: { mode } })
      await bindings.delete(name, bindingName(name, 'edit'))
      await eventually(() => bindings.get(name, bindingName(name, 'edit')))
      await kube.deleteTenant(name)
      await eventually(async () => expect(await kube.tenantExists(name)).to.equal(false))
      expect(await bindings.names(name)).to.deep.equal([])
    })
  }

  it('is given to nobody before the guards of the tenant stand, and a second later, when the API server goes by them', async () => {
    const name = 'access-late'
    const mark = await kube.audit.mark()
    const began = performance.now()
    await given(name)
    expect(performance.now() - began).to.be.greaterThan(1_400)
    const writes = (await kube.audit.writesSince(mark)).map(callText).filter((call) => call.startsWith('create') && call.includes(name))
    const guards = writes.findLastIndex((call) => call.includes('-guard.'))
    const [first = -1] = writes.flatMap((call, index) => (call.includes('rolebindings') ? [index] : []))
    expect(guards).to.be.at.least(1)
    expect(first, writes.join('\n')).to.be.greaterThan(guards)
    // A namespace that comes later finds them there.
    const later = performance.now()
    await kube.createNamespace(`${name}-later`, { tenant: name })
    await eventually(() => bindings.get(`${name}-later`, bindingName(name, 'edit')))
    expect(performance.now() - later).to.be.below(1_000)
  })

  describe('of a namespace that two tenants select', () => {
    const [OLDER, YOUNGER, SHARED] = ['access-older', 'access-younger', 'access-shared']
    const subjectsIn = async (namespace: string) =>
      (await bindings.in(namespace)).flatMap(({ subjects = [] }) => subjects.map(({ name }) => name))

    it('is given by the older alone', async () => {
      await kube.createNamespace(SHARED, { older: 'yes', younger: 'yes' })
      await kube.applyTenant(OLDER, { namespaceSelector: labelled({ older: 'yes' }), access: EDIT })
      await kube.says(OLDER, { AccessBound: 'True Bound' })
      // Ages are compared by the second.
      await always(() => {}, { during: 1_000 })
      await kube.applyTenant(YOUNGER, {
        namespaceSelector: labelled({ younger: 'yes' }),
        access: [{ clusterRole: 'edit', subjects: [ALICE] }],
      })
      await kube.says(YOUNGER, { Conflicted: 'True NamespaceClaimed', AccessBound: 'True Bound' })
      expect(await subjectsIn(SHARED)).to.deep.equal(['manning-developers'])
    })

    it('goes over to the other when the older is deleted', async () => {
      await kube.deleteTenant(OLDER)
      await eventually(async () => expect(await subjectsIn(SHARED)).to.deep.equal(['alice']))
      await eventually(async () => expect(await kube.tenantExists(OLDER)).to.equal(false))
      await kube.says(YOUNGER, { Ready: 'True', AccessBound: 'True Bound' })
    })
  })

  describe('of a suspended tenant', () => {
    const TENANT = 'access-suspended'

    it('stays as it is, drift and all', async () => {
      await given(TENANT)
      await kube.patchTenant(TENANT, { suspend: true })
      await kube.says(TENANT, { AccessBound: 'Unknown Suspended', Ready: 'Unknown' })
      const mark = await kube.audit.mark()
      await bindings.edit(TENANT, bindingName(TENANT, 'edit'), ({ subjects }) => {
        subjects[0].name = 'mallory'
      })
      await kube.labelNamespace(`${TENANT}-too`, { tenant: null })
      await kube.patchTenant(TENANT, { access: [] })
      // What happens elsewhere afterwards is done: so that would have been.
      await given('access-fence')
      expect((await writesSince(mark)).filter((call) => call.includes(TENANT))).to.deep.equal([])
      expect(await bindings.names(`${TENANT}-too`)).to.deep.equal([bindingName(TENANT, 'edit')])
    })

    it('is what the resource says when it goes on', async () => {
      await kube.patchTenant(TENANT, { suspend: false, access: EDIT })
      await kube.says(TENANT, { AccessBound: 'True Bound' })
      const { subjects } = await bindings.view(TENANT, bindingName(TENANT, 'edit'))
      expect(subjects?.map(({ name }) => name)).to.deep.equal(['manning-developers'])
      await eventually(async () => expect(await bindings.names(`${TENANT}-too`)).to.deep.equal([]))
    })
  })

  describe('of a tenant that is deleted', () => {
    it('goes before the guards do, and before the resource', async () => {
      const name = 'access-deleted'
      // Without policies, for which it would wait anyhow.
      await given(name, EDIT, { network: { mode: 'Disabled' } })
      await running.stop()
      expect(complaintsOf(running)).to.deep.equal([])
      const proxy = await startProxy()
      try {
        running = await startOperator({ server: proxy.url })
        proxy.inject(({ method, url }) => method === 'DELETE' && url.includes('rolebindings'), { kind: 'delay', ms: 700 }, 2)
        const mark = await kube.audit.mark()
        await kube.deleteTenant(name)
        await eventually(async () => expect(await kube.tenantExists(name)).to.equal(false))
        const done = (await kube.audit.writesSince(mark)).filter(({ code }) => code < 300)
        const writes = done.filter((call) => `${call.namespace} ${call.name}`.includes(name))
        expect(writes.map(({ verb, resource }) => `${verb} ${resource}`)).to.deep.equal([
          ...Array(2).fill('delete rolebindings'),
          ...Array(2).fill('delete validatingadmissionpolicybindings'),
          'patch tenantisolations',
        ])
      } finally {
        await running.stop()
        await proxy.close()
        running = await startOperator()
      }
    })

    it('does not hold it up while somebody else holds a RoleBinding', async () => {
      const name = 'access-held'
      await given(name)
      const binding = bindingName(name, 'edit')
      await bindings.edit(name, binding, ({ metadata }) => {
        metadata.finalizers = ['example.com/hold']
      })
      await kube.deleteTenant(name)
      await eventually(async () => expect(await kube.tenantExists(name)).to.equal(false), { within: 10_000 })
      expect((await bindings.get(name, binding)).metadata.deletionTimestamp).to.be.a('string')
      await bindings.edit(name, binding, ({ metadata }) => {
        delete metadata.finalizers
      })
    })

    it('stays with --cascade=orphan, without an owner, and is taken up by a tenant of the same name', async () => {
      const name = 'access-orphan'
      const binding = bindingName(name, 'edit')
      await given(name)
      const { uid } = (await bindings.get(name, binding)).metadata
      await kube.kubectl(`delete tenantisolation ${name} --cascade=orphan --timeout=60s`)
      await eventually(async () => expect((await bindings.get(name, binding)).metadata.ownerReferences).to.equal(undefined), {
        within: 45_000,
      })
      await kube.applyTenant(name, specOf(name, [{ clusterRole: 'view', subjects: [DEVELOPERS] }]))
      await kube.says(name, { AccessBound: 'True Bound' })
      expect(await bindings.names(name)).to.deep.equal([bindingName(name, 'view')])
      await kube.applyTenant(name, specOf(name))
      await kube.says(name, { AccessBound: 'False NotAsked' })
      expect(uid).to.be.a('string')
    })
  })

  it('of a namespace that is deleted goes with it, and is not made again', async () => {
    const name = 'access-namespace'
    await given(name)
    const mark = await kube.audit.mark()
    await kube.deleteNamespace(`${name}-too`)
    await eventually(async () => expect(await bindings.names(`${name}-too`)).to.deep.equal([]), { within: 15_000 })
    await kube.says(name, { AccessBound: 'True Bound', Reconciling: 'False' })
    expect(await writesSince(mark)).to.deep.equal([])
  })

  it('costs no call at rest, and a restart neither writes nor changes anything', async () => {
    const name = 'access-rest'
    await given(name)
    const version = async () => (await bindings.in(name)).map(({ metadata }) => metadata.resourceVersion)
    const before = await version()
    const mark = await kube.audit.mark()
    await always(() => {}, { during: 3_000 })
    const calls = await kube.audit.since(mark)
    expect(calls.filter(({ resource, verb }) => resource !== 'leases' && verb !== 'watch').map(callText)).to.deep.equal([])
    await running.stop()
    expect(complaintsOf(running)).to.deep.equal([])
    running = await startOperator()
    await given('access-rest-later')
    expect((await kube.audit.writesSince(mark)).map(callText).filter((call) => call.includes(`${name}/`))).to.deep.equal([])
    expect(await version()).to.deep.equal(before)
  })
})
