/** spec.podSecurity.standard: the labels of Pod Security Admission are set and kept, and nobody else's are taken off. */

import { expect } from 'chai'
import { validatingBinding } from '../../../src/admission/binding.ts'
import { cel } from '../../../src/admission/cel.ts'
import { named, validatingPolicy } from '../../../src/admission/policy.ts'
import { POD_SECURITY_PREFIX } from '../../../src/api/labels.ts'
import type { Standard } from '../../../src/api/pod-security/standard.ts'
import type { Spec } from '../../../src/api/tenant-isolation.ts'
import type { KubeObject } from '../../../src/kube/objects.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { createMetrics } from '../../../src/observability/metrics.ts'
import { createTelemetry } from '../../../src/observability/telemetry.ts'
import { NAMESPACES, PODS } from '../../../src/reconcile/resources.ts'
import { callText } from '../../support/audit.ts'
import { labelled, namespacesOf } from '../../support/build.ts'
import { always, eventually } from '../../support/eventually.ts'
import { BINDINGS, POLICIES } from '../../support/guards.ts'
import { conditionOf, end, type Kube, type Labels, openKube } from '../../support/kube.ts'
import { EVENTS, startProxy } from '../../support/kube-setup.ts'
import { complaintsOf, OPERATOR_USER, type RunningOperator, startOperator } from '../../support/operator.ts'
import { openPeople, type People, person } from '../../support/people.ts'

const BASELINE: Standard = { enforce: 'baseline' }
const LABELS = { enforce: 'baseline', 'enforce-version': 'latest' }
const NONE = {}

/** Whoever wants no more than the labels names a profile, and switches it off. */
const specOf = (tenant: string, standard?: Standard, more: Partial<Spec> = {}): Spec => ({
  namespaceSelector: namespacesOf(tenant),
  podSecurity: {
    mode: 'Disabled',
    profiles: [{ name: 'default', preset: 'Baseline', subjects: [{ kind: 'Group', name: 'system:authenticated' }] }],
    ...(standard && { standard }),
  },
  ...more,
})

describe('the standard of a tenant', function () {
  this.timeout(60_000)

  let kube: Kube
  let people: People
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    people = await openPeople()
    running = await startOperator({ beside: telemetry() })
  })

  after(async () => {
    await people.close()
    await end(kube, running)
  })

  const telemetry = () =>
    createTelemetry({
      logger: createLogger({ level: 'error', format: 'text' }),
      metrics: createMetrics({ version: 'test' }),
      server: 'test',
    })

  const namespace = (name: string) => kube.client.get<KubeObject>(NAMESPACES, { name })
  /** Without their prefix. */
  const labelsOf = async (name: string): Promise<Labels> => {
    const { labels = {} } = (await namespace(name)).metadata
    const secured = Object.entries(labels).filter(([label]) => label.startsWith(POD_SECURITY_PREFIX))
    return Object.fromEntries(secured.map(([label, value]) => [label.slice(POD_SECURITY_PREFIX.length), value]))
  }
  const has = (name: string, labels: Labels) => eventually(async () => expect(await labelsOf(name)).to.deep.equal(labels))
  const label = (name: string, labels: Readonly<Record<string, string | null>>, fieldManager = 'mallory') => {
    const prefixed = Object.fromEntries(Object.entries(labels).map(([key, value]) => [POD_SECURITY_PREFIX + key, value]))
    return kube.client.patch(NAMESPACES, { name }, { type: 'merge', body: { metadata: { labels: prefixed } } }, { fieldManager })
  }

  const MANAGED = { PodSecurityEnforced: 'False Disabled', Ready: 'True', Reconciling: 'False' } as const

  /** A tenant with a namespace of its name. */
  const labelledTenant = async (name: string, standard: Standard = BASELINE, labels: Labels = {}): Promise<void> => {
    await kube.createNamespace(name, { tenant: name, ...labels })
    await kube.applyTenant(name, specOf(name, standard))
    await kube.says(name, MANAGED)
  }
  const restandard = async (name: string, standard?: Standard): Promise<void> => {
    await kube.applyTenant(name, specOf(name, standard))
    await kube.says(name, MANAGED)
  }
  /** The API server counts a namespace as being in itself. */
  const patched = (name: string) => `patch namespaces ${name}/${name} 200`
  const patchesSince = async (mark: number, name: string) =>
    (await kube.audit.writesSince(mark)).filter((call) => call.resource === 'namespaces' && call.name === name).map(callText)
  const repairsOf = (name: string) =>
    running.repairs
      .filter((repair) => repair.kind === 'Namespace' && repair.name === name)
      .map(({ change, by, was }) => ({ change, by, was }))

  describe('in its namespaces', () => {
    const TENANT = 'standard'

    it('is set, each label with its version, by one patch that touches nothing else', async () => {
      await kube.createNamespace(TENANT, { tenant: TENANT, team: 'a' })
      await kube.client.patch(
        NAMESPACES,
        { name: TENANT },
        { type: 'merge', body: { metadata: { annotations: { 'example.com/note': 'yes' } } } },
      )
      const before = await namespace(TENANT)
      const mark = await kube.audit.mark()
      await kube.applyTenant(TENANT, specOf(TENANT, { enforce: 'baseline', warn: 'restricted', warnVersion: 'v1.36' }))
      await kube.says(TENANT, MANAGED)
      expect(await labelsOf(TENANT)).to.deep.equal({ ...LABELS, warn: 'restricted', 'warn-version': 'v1.36' })
      expect(await patchesSince(mark, TENANT)).to.deep.equal([patched(TENANT)])
      const { metadata, ...rest } = await namespace(TENANT)
      const { metadata: metadataBefore, ...restBefore } = before
      expect(rest).to.deep.equal(restBefore)
      expect(metadata.annotations).to.deep.equal(metadataBefore.annotations)
      expect(metadata.labels).to.deep.include(metadataBefore.labels ?? {})
    })

    it('makes Pod Security Admission refuse what breaks it, and say so', async () => {
      const spec = { containers: [{ name: 'main', image: 'none', securityContext: { privileged: true } }] }
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: TENANT, name: 'privileged' }, spec }
      await eventually(async () => {
        const error = await kube.client.create(PODS, pod, { dryRun: true }).then(
          () => new Error('it was taken'),
          (error: Error) => error,
        )
        expect(error.message).to.include('violates PodSecurity "baseline:latest"')
      })
    })

    it('comes to a namespace that comes, and goes from one that leaves', async () => {
      await kube.createNamespace(`${TENANT}-later`, { tenant: TENANT })
      await has(`${TENANT}-later`, { ...LABELS, warn: 'restricted', 'warn-version': 'v1.36' })
      await kube.labelNamespace(`${TENANT}-later`, { tenant: null })
      await has(`${TENANT}-later`, NONE)
      await kube.says(TENANT, MANAGED)
    })

    it('follows the resource: what it does not name any more is taken off', async () => {
      await restandard(TENANT, { enforce: 'restricted', enforceVersion: 'v1.30' })
      expect(await labelsOf(TENANT)).to.deep.equal({ enforce: 'restricted', 'enforce-version': 'v1.30' })
      expect(repairsOf(TENANT)).to.deep.equal([])
    })

    it('is taken off when the resource names none', async () => {
      await restandard(TENANT)
      expect(await labelsOf(TENANT)).to.deep.equal(NONE)
      expect((await namespace(TENANT)).metadata.labels).to.include({ tenant: TENANT, team: 'a' })
    })

    it('is taken off when the resource is deleted, before that is gone', async () => {
      // Without policies, for which it would wait anyhow.
      await kube.applyTenant(TENANT, specOf(TENANT, BASELINE, { network: { mode: 'Disabled' } }))
      await kube.says(TENANT, MANAGED)
      await running.stop()
      expect(complaintsOf(running)).to.deep.equal([])
      const proxy = await startProxy()
      try {
        running = await startOperator({ server: proxy.url })
        proxy.inject(({ method, url }) => method === 'PATCH' && url.includes('/namespaces/'), { kind: 'delay', ms: 700 })
        const mark = await kube.audit.mark()
        await kube.deleteTenant(TENANT)
        await eventually(async () => expect(await kube.tenantExists(TENANT)).to.equal(false))
        expect(await labelsOf(TENANT)).to.deep.equal(NONE)
        const writes = (await kube.audit.writesSince(mark)).filter(({ verb, code }) => verb === 'patch' && code < 300)
        expect(writes.map(callText)).to.deep.equal([patched(TENANT), `patch tenantisolations ${TENANT} 200`])
      } finally {
        await running.stop()
        await proxy.close()
        running = await startOperator({ beside: telemetry() })
      }
    })
  })

  describe('that somebody changes', () => {
    const TENANT = 'standard-drift'
    const PROPER = { ...LABELS, audit: 'restricted', 'audit-version': 'latest' }
    const prefix = POD_SECURITY_PREFIX
    let namespaces = 0

    before(() => labelledTenant(TENANT, { enforce: 'baseline', audit: 'restricted' }))

    /** One of its own for each test, so that none is repaired so often that it counts as a fight. */
    const another = async (): Promise<string> => {
      const name = `${TENANT}-${namespaces++}`
      await kube.createNamespace(name, { tenant: TENANT })
      await has(name, PROPER)
      // The write of the status ends what a new namespace brings about.
      await eventually(async () => expect((await kube.says(TENANT, MANAGED)).status?.namespaces?.isolated).to.equal(1 + namespaces))
      return name
    }

    it('is put back by one patch, and told with the name of who did it', async () => {
      const name = await another()
      const mark = await kube.audit.mark()
      await label(name, { enforce: 'privileged' })
      await has(name, PROPER)
      const calls = (await kube.audit.since(mark)).filter(({ resource }) => !['leases', 'events'].includes(resource))
      expect(calls.map(callText)).to.deep.equal([patched(name)])
      await eventually(() =>
        expect(repairsOf(name)).to.deep.equal([{ change: 'edited', by: 'mallory', was: `${prefix}enforce=privileged` }]),
      )
      const note = `set the Pod Security labels of Namespace ${name}: there was ${prefix}enforce=privileged, set by mallory`
      await eventually(async () => {
        const { items } = await kube.client.list<KubeObject & { note: string }>(EVENTS, {
          namespace: 'default',
          fieldSelector: `regarding.name=${TENANT}`,
        })
        expect(items.map((event) => event.note)).to.deep.equal([note])
      })
    })

    it('is put back when it was taken off', async () => {
      const name = await another()
      await label(name, { audit: null })
      await has(name, PROPER)
      await eventually(() => expect(repairsOf(name)).to.deep.equal([{ change: 'deleted', by: undefined, was: `no ${prefix}audit` }]))
    })

    it('is put back when an older version was named, which asks for less', async () => {
      const name = await another()
      await label(name, { 'enforce-version': 'v1.0' })
      await has(name, PROPER)
    })

    it('is put back although all of it was changed while the operator was down, and our mark went with it', async () => {
      const name = await another()
      await running.stop()
      expect(complaintsOf(running)).to.deep.equal([])
      await label(name, { enforce: 'privileged', 'enforce-version': null, audit: null, 'audit-version': 'v1.0' })
      expect(JSON.stringify((await namespace(name)).metadata.managedFields)).not.to.include(`tenant-isolation:${TENANT}`)
      const mark = await kube.audit.mark()
      running = await startOperator({ beside: telemetry() })
      await has(name, PROPER)
      await kube.says(TENANT, MANAGED)
      const writes = (await kube.audit.writesSince(mark)).filter(({ resource }) => resource !== 'events')
      expect(writes.map(callText)).to.deep.equal([patched(name)])
    })

    it('leaves labels alone that it does not name', async () => {
      const name = await another()
      await label(name, { warn: 'restricted' })
      await label(name, { enforce: 'privileged' })
      await has(name, { ...PROPER, warn: 'restricted' })
    })

    it('again and again, is said in status', async () => {
      const name = await another()
      for (let times = 0; times < 4; times++) {
        await label(name, { enforce: 'privileged' })
        await has(name, PROPER)
      }
      const tenant = await kube.says(TENANT, { Drifted: 'True Repeated' })
      expect(conditionOf(tenant, 'Drifted')?.message).to.include(`Namespace ${name} is changed again and again by mallory`)
    })
  })

  describe('where somebody had set labels before', () => {
    it('leaves those that say the same to whoever set them, also when the tenant goes', async () => {
      const name = 'standard-same'
      const own = { enforce: 'baseline', 'enforce-version': 'latest' }
      await kube.createNamespace(name, { tenant: name })
      await label(name, own, 'namespace-owner')
      const mark = await kube.audit.mark()
      await kube.applyTenant(name, specOf(name, BASELINE))
      await kube.says(name, MANAGED)
      expect(await patchesSince(mark, name)).to.deep.equal([])
      // Now there is something to write, and they are ours as well.
      await restandard(name, { ...BASELINE, warn: 'restricted' })
      expect(await labelsOf(name)).to.deep.equal({ ...own, warn: 'restricted', 'warn-version': 'latest' })
      await kube.deleteTenant(name)
      await eventually(async () => expect(await kube.tenantExists(name)).to.equal(false))
      expect(await labelsOf(name)).to.deep.equal(own)
      expect(repairsOf(name)).to.deep.equal([])
    })

    it('replaces those that say otherwise, not without a word', async () => {
      const name = 'standard-other'
      await kube.createNamespace(name, { tenant: name })
      await label(name, { enforce: 'privileged', audit: 'baseline' }, 'namespace-owner')
      await kube.applyTenant(name, specOf(name, BASELINE))
      await kube.says(name, MANAGED)
      expect(await labelsOf(name)).to.deep.equal({ ...LABELS, audit: 'baseline' })
      await eventually(() =>
        expect(repairsOf(name)).to.deep.equal([
          {
            change: 'edited',
            by: 'namespace-owner',
            was: `${POD_SECURITY_PREFIX}enforce=privileged, no ${POD_SECURITY_PREFIX}enforce-version`,
          },
        ]),
      )
      await restandard(name)
      expect(await labelsOf(name)).to.deep.equal({ audit: 'baseline' })
    })
  })

  describe('of a namespace that changes hands', () => {
    const [FROM, TO, NOBODY] = ['standard-from', 'standard-to', 'standard-nobody']

    it('is that of the new owner, without a moment in between', async () => {
      await labelledTenant(FROM)
      await kube.applyTenant(TO, specOf(TO, { enforce: 'restricted' }))
      await kube.applyTenant(NOBODY, { namespaceSelector: namespacesOf(NOBODY) })
      await kube.ready(NOBODY)
      const mark = await kube.audit.mark()
      await kube.labelNamespace(FROM, { tenant: TO })
      await has(FROM, { enforce: 'restricted', 'enforce-version': 'latest' })
      await eventually(async () => {
        const { managedFields = [] } = (await namespace(FROM)).metadata
        const managers = managedFields.map((entry) => (entry as { readonly manager: string }).manager)
        expect(managers).to.include(`tenant-isolation:${TO}`).and.not.to.include(`tenant-isolation:${FROM}`)
      })
      expect((await patchesSince(mark, FROM)).length).to.be.within(1, 2)
      expect(repairsOf(FROM)).to.deep.equal([])
    })

    it('is taken off when the new owner has none', async () => {
      await kube.labelNamespace(FROM, { tenant: NOBODY })
      await has(FROM, NONE)
    })

    it('stays with the older of two that select it', async () => {
      const [older, younger, shared] = ['standard-older', 'standard-younger', 'standard-shared']
      await kube.createNamespace(shared, { older: 'yes', younger: 'yes' })
      await kube.applyTenant(older, { ...specOf(older, BASELINE), namespaceSelector: labelled({ older: 'yes' }) })
      await kube.says(older, MANAGED)
      // Ages are compared by the second.
      await always(() => {}, { during: 1_000 })
      await kube.applyTenant(younger, { ...specOf(younger, { enforce: 'privileged' }), namespaceSelector: labelled({ younger: 'yes' }) })
      await kube.says(younger, { Conflicted: 'True NamespaceClaimed' })
      expect(await labelsOf(shared)).to.deep.equal(LABELS)
      await kube.deleteTenant(older)
      await has(shared, { enforce: 'privileged', 'enforce-version': 'latest' })
      await eventually(async () => expect(await kube.tenantExists(older)).to.equal(false))
    })
  })

  it('of a suspended tenant stays as it is, until it goes on', async () => {
    const name = 'standard-suspended'
    await labelledTenant(name)
    await kube.createNamespace(`${name}-left`, { tenant: name })
    await has(`${name}-left`, LABELS)
    await kube.patchTenant(name, { suspend: true })
    await kube.says(name, { PodSecurityEnforced: 'Unknown Suspended' })
    const mark = await kube.audit.mark()
    await label(name, { enforce: 'privileged' })
    await kube.labelNamespace(`${name}-left`, { tenant: null })
    await kube.createNamespace(`${name}-later`, { tenant: name })
    // What happens elsewhere afterwards is done: so that would have been.
    await labelledTenant('standard-fence')
    for (const place of [name, `${name}-left`, `${name}-later`]) expect(await patchesSince(mark, place)).to.deep.equal([])
    await kube.patchTenant(name, { suspend: false })
    for (const place of [name, `${name}-later`]) await has(place, LABELS)
    await has(`${name}-left`, NONE)
  })

  it('stays when the resource goes with --cascade=orphan, and is taken up by one of the same name', async () => {
    const name = 'standard-orphan'
    await labelledTenant(name)
    await kube.kubectl(`delete tenantisolation ${name} --cascade=orphan --timeout=60s`)
    expect(await labelsOf(name)).to.deep.equal(LABELS)
    await kube.applyTenant(name, specOf(name))
    await kube.says(name, MANAGED)
    await has(name, NONE)
  })

  it('costs no call at rest, and a restart writes nothing', async () => {
    const name = 'standard-rest'
    await labelledTenant(name)
    const { resourceVersion } = (await namespace(name)).metadata
    const mark = await kube.audit.mark()
    await always(() => {}, { during: 3_000 })
    const calls = (await kube.audit.since(mark)).filter(
      ({ resource, verb }) => !['leases', 'events'].includes(resource) && verb !== 'watch',
    )
    expect(calls.map(callText)).to.deep.equal([])
    await running.stop()
    running = await startOperator({ beside: telemetry() })
    await labelledTenant('standard-rest-later')
    expect((await namespace(name)).metadata.resourceVersion).to.equal(resourceVersion)
  })

  it('that may not be written is said in status, holds up nothing else, and is written when it may', async () => {
    const name = 'standard-refused'
    const policy = validatingPolicy({
      name,
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['namespaces'] }],
      matchConditions: named({ 'the-operator': cel`request.userInfo.username == ${OPERATOR_USER} && object.metadata.name == ${name}` }),
      validations: [{ expression: cel`false`, message: 'not in this house' }],
    })
    await kube.client.create(POLICIES, policy as KubeObject)
    await kube.client.create(BINDINGS, validatingBinding({ name, policy: name }) as KubeObject)
    try {
      await kube.createNamespace(name, { tenant: name })
      const asOperator = { method: 'PATCH', path: `/api/v1/namespaces/${name}?dryRun=All`, contentType: 'application/merge-patch+json' }
      await eventually(
        async () => {
          const { body } = await people.as(person(OPERATOR_USER), { ...asOperator, body: {} })
          expect(body.message).to.include('not in this house')
        },
        { within: 15_000 },
      )
      await kube.applyTenant(name, specOf(name, BASELINE))
      await kube.says(name, {
        PodSecurityEnforced: 'False Refused',
        Ready: 'False Refused',
        Stalled: 'True Refused',
        NetworkIsolated: 'True',
      })
      const { status } = await kube.tenant(name)
      expect(conditionOf({ status }, 'PodSecurityEnforced')?.message)
        .to.include(`the API server refuses the Pod Security labels of namespace ${name}: `)
        .and.to.include('not in this house')
    } finally {
      await kube.client.delete(BINDINGS, { name })
      await kube.client.delete(POLICIES, { name })
    }
    await kube.says(name, MANAGED, { within: 20_000 })
    expect(await labelsOf(name)).to.deep.equal(LABELS)
  })
})
