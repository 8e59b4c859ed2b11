/**
 * Ways around the profiles that a tenant's administrator tries: the subresources of pods, names and annotations that others give a meaning
 * to, and pods that cost as much as they can. He holds every verb on every subresource of pods, which is more than `admin`.
 */

import { expect } from 'chai'
import type { Profile } from '../../../src/api/pod-security/pod-security.ts'
import type { KubeObject } from '../../../src/kube/objects.ts'
import { PODS } from '../../../src/reconcile/resources.ts'
import { eventually } from '../../support/eventually.ts'
import { allowed, type GuardedCluster, guardedCluster, pod, refusal, refused, send } from '../../support/guards.ts'
import { openPeople, type People } from '../../support/people.ts'
import { apply, installPodPolicies, secureAs, uninstallPodSecurity } from '../../support/pod-security.ts'

// biome-ignore lint/suspicious/noExplicitAny: parts of pods
type Any = any

const TENANT = 'hostile-pods'
const RIVAL = 'hostile-rival'
const PATH = `/api/v1/namespaces/${TENANT}/pods`
const SUBRESOURCES = ['status', 'resize', 'ephemeralcontainers', 'binding', 'eviction'].map((name) => `pods/${name}`)
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/main'

const MISFIT = /the pod does not fit profile "default": /
const IMMUTABLE = /pod updates may not change fields other than|may not (add|remove or update) AppArmor annotations/

const SAFE = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

/** Fits Restricted, but for what is changed of its container, its spec and its metadata. */
function safe(name: string, change: { container?: Any; spec?: Any; metadata?: Any } = {}): Any {
  const { spec, metadata, ...rest } = pod(TENANT, name) as Any
  const containers = [{ name: 'main', image: 'none', securityContext: SAFE, ...change.container }]
  return { ...rest, metadata: { ...metadata, ...change.metadata }, spec: { ...spec, containers, ...change.spec } }
}
const PRIVILEGED = { securityContext: { privileged: true } }

describe("the pods of a tenant's own administrator", function () {
  this.timeout(120_000)
  let cluster: GuardedCluster
  let people: People

  before(async () => {
    cluster = await guardedCluster({ watched: false })
    people = await openPeople()
    await installPodPolicies(people)
    await cluster.namespace(TENANT, { tenant: TENANT })
    await apply(people, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: TENANT, name: 'default' } })
    // Privileged once, from before there was a tenant; and not scheduled, so that it stays as it is.
    await cluster.make(PODS, safe('old', { container: PRIVILEGED }))
    await secureAs(people, TENANT, {
      profiles: [{ name: 'default', preset: 'Restricted', subjects: [{ kind: 'Group', name: 'system:authenticated' }] }],
    })
    await cluster.bind('alice', 'admin', 'alice', TENANT)
    await cluster.allow(
      'alice',
      'hostile-pods',
      [{ apiGroups: [''], resources: ['pods', ...SUBRESOURCES, 'bindings'], verbs: ['*'] }],
      TENANT,
    )
    await refused(() => create(safe('bad', { container: PRIVILEGED }), { dryRun: true }), 'does not fit')
    await allowed(() => create(safe('good'), { dryRun: true }))
    await cluster.make(PODS, safe('pod'), cluster.alice)
  })

  after(async () => {
    // What waits for a grace period on a node that is none would keep the namespace.
    await send(cluster.admin, { method: 'DELETE', path: PATH, query: { gracePeriodSeconds: '0' } })
    await cluster.clear()
    await uninstallPodSecurity(people)
  })

  const create = (object: Any, options: object = {}) => cluster.alice.client.create(PODS, object, options)
  const patch = (body: object, { name = 'pod', subresource, type = 'strategic' }: Any = {}) =>
    cluster.alice.client.patch(PODS, { namespace: TENANT, name, subresource }, { type, body })
  const put = async (subresource: string, change: (object: Any) => Any) => {
    const object = await cluster.alice.client.get(PODS, { namespace: TENANT, name: 'pod' })
    return send(cluster.alice, { method: 'PUT', path: `${PATH}/pod/${subresource}`, body: change(object) })
  }
  const debug = (container: object, name = 'pod') =>
    patch(
      { spec: { ephemeralContainers: [{ name: 'debugger', image: 'none', ...container }] } },
      { name, subresource: 'ephemeralcontainers' },
    )
  const REPLACED = (object: Any) => ({
    ...object,
    spec: { ...object.spec, hostPID: true, containers: [{ ...object.spec.containers[0], ...PRIVILEGED }] },
  })

  const REFUSED: Readonly<Record<string, readonly [attempt: () => Promise<unknown>, reason: RegExp]>> = {
    'lets the API server choose a name': [
      () => create(safe('', { container: PRIVILEGED, metadata: { generateName: 'bad-', name: undefined } })),
      MISFIT,
    ],
    'creates it by server-side apply': [
      () => patch({ apiVersion: 'v1', kind: 'Pod', ...safe('applied', { container: PRIVILEGED }) }, { name: 'applied', type: 'apply' }),
      MISFIT,
    ],
    'passes it off as the mirror of a static pod': [
      () =>
        create(
          safe('mirror', {
            container: PRIVILEGED,
            spec: { nodeName: 'node' },
            metadata: { annotations: { 'kubernetes.io/config.mirror': 'x', 'kubernetes.io/config.source': 'file' } },
          }),
        ),
      MISFIT,
    ],
    'binds it to a node of his choice': [() => create(safe('bound', { container: PRIVILEGED, spec: { nodeName: 'node' } })), MISFIT],
    'holds it back by a scheduling gate': [
      () => create(safe('gated', { container: PRIVILEGED, spec: { schedulingGates: [{ name: 'a/b' }] } })),
      MISFIT,
    ],
    'says that it is for Windows': [
      () =>
        create(
          safe('windows', {
            container: { securityContext: { runAsNonRoot: true, windowsOptions: { hostProcess: true } } },
            spec: { os: { name: 'windows' }, hostNetwork: true },
          }),
        ),
      MISFIT,
    ],
    'writes the profile upon it that would admit it': [
      () =>
        create(safe('annotated', { container: PRIVILEGED, metadata: { annotations: { 'tenant-isolation.dev/profile': 'privileged' } } })),
      MISFIT,
    ],
    'adds a container to debug with': [() => debug(PRIVILEGED), MISFIT],
    'adds one that shares the processes of another': [() => debug({ ...PRIVILEGED, targetContainerName: 'main' }), MISFIT],
    'adds one that fits to a pod that does not': [() => debug({ securityContext: SAFE }, 'old'), MISFIT],
    'adds one by a whole pod': [
      () =>
        put('ephemeralcontainers', (object) => ({
          ...object,
          spec: { ...object.spec, ephemeralContainers: [{ name: 'debugger', image: 'none', ...PRIVILEGED }] },
        })),
      MISFIT,
    ],
    'brings a new image into a pod that does not fit': [
      () => patch({ spec: { containers: [{ name: 'main', image: 'other' }] } }, { name: 'old' }),
      MISFIT,
    ],
    'changes a pod after it was let in': [() => patch({ spec: { containers: [{ name: 'main', ...PRIVILEGED }] } }), IMMUTABLE],
    'changes it by server-side apply, by force': [
      () =>
        cluster.alice.client.patch(
          PODS,
          { namespace: TENANT, name: 'pod' },
          {
            type: 'apply',
            force: true,
            body: {
              apiVersion: 'v1',
              kind: 'Pod',
              metadata: { name: 'pod' },
              spec: { hostPID: true, containers: [{ name: 'main', image: 'none' }] },
            } as never,
          },
        ),
      IMMUTABLE,
    ],
    'takes AppArmor off by an annotation': [() => patch({ metadata: { annotations: { [APP_ARMOR]: 'unconfined' } } }), IMMUTABLE],
    'hides it behind what is dear to judge': [
      () =>
        create(
          safe('dear', {
            container: PRIVILEGED,
            metadata: { annotations: Object.fromEntries(Array.from({ length: 8_000 }, (_, index) => [`a/${index}`, 'x'.repeat(20)])) },
          }),
        ),
      MISFIT,
    ],
    'hides it behind long labels': [
      () =>
        create(
          safe('labelled', {
            container: PRIVILEGED,
            metadata: { labels: Object.fromEntries(Array.from({ length: 8_000 }, (_, index) => [`a/${index}`, 'x'.repeat(63)])) },
          }),
        ),
      MISFIT,
    ],
    'hides it behind one long text': [
      () =>
        create(
          safe('long', {
            container: {
              securityContext: {
                ...SAFE,
                privileged: true,
                allowPrivilegeEscalation: undefined,
                seccompProfile: { type: 'Localhost', localhostProfile: 'x'.repeat(1_000_000) },
              },
            },
          }),
        ),
      MISFIT,
    ],
    'hides it among a thousand containers': [
      () =>
        create(
          safe('crowd', {
            spec: {
              containers: Array.from({ length: 1_000 }, (_, index) => ({
                name: `c-${index}`,
                image: 'none',
                securityContext: index === 999 ? PRIVILEGED.securityContext : SAFE,
              })),
            },
          }),
        ),
      MISFIT,
    ],
  }

  for (const [what, [attempt, reason]] of Object.entries(REFUSED)) {
    it(what, async () => {
      expect(await refusal(attempt())).to.match(reason)
    })
  }

  /** The API server takes these requests, and of what matters nothing from them. */
  const IGNORED: Readonly<Record<string, () => Promise<unknown>>> = {
    'the status of a pod': () => put('status', REPLACED),
    'its size': () => put('resize', REPLACED),
    'its containers for debugging': () => put('ephemeralcontainers', REPLACED),
  }

  for (const [what, attempt] of Object.entries(IGNORED)) {
    it(`changes more than ${what}`, async () => {
      await attempt().catch((error: Error) => expect(error.message).to.match(IMMUTABLE))
      const { spec } = (await cluster.admin.client.get<KubeObject>(PODS, { namespace: TENANT, name: 'pod' })) as Any
      expect(spec.hostPID).to.equal(undefined)
      expect(spec.containers[0].securityContext).to.deep.equal(SAFE)
    })
  }

  it('writes annotations upon a pod while he binds it, of which nobody is asked: those of AppArmor count', async () => {
    await cluster.make(PODS, safe('unbound'), cluster.alice)
    const metadata = { name: 'unbound', annotations: { [APP_ARMOR]: 'unconfined' } }
    const body = { apiVersion: 'v1', kind: 'Binding', metadata, target: { kind: 'Node', name: 'node' } }
    await send(cluster.alice, { method: 'POST', path: `${PATH}/unbound/binding`, body })
    const bound = await cluster.admin.client.get<KubeObject>(PODS, { namespace: TENANT, name: 'unbound' })
    expect(bound.metadata.annotations).to.include({ [APP_ARMOR]: 'unconfined' })
  })

  for (const role of ['view', 'edit', 'admin']) {
    it(`holds by ${role} none of what binds pods, or changes them when they run`, async () => {
      const user = `hostile-${role}`
      await cluster.bind(user, role, user, TENANT)
      const may = async (subresource: string, verb: string) => {
        const spec = { user, resourceAttributes: { namespace: TENANT, resource: 'pods', subresource, verb } }
        const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec }
        const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
        return (await cluster.admin.transport.request<{ status: { allowed: boolean } }>({ method: 'POST', path, body })).status.allowed
      }
      // That it is bound shows in what it has.
      await eventually(async () => expect(await may('log', 'get')).to.equal(true))
      for (const subresource of ['binding', 'status', 'ephemeralcontainers', 'resize']) {
        for (const verb of ['create', 'update', 'patch']) expect(await may(subresource, verb), `${verb} ${subresource}`).to.equal(false)
      }
    })
  }

  it('has another tenant select the namespace, which admits everything: a pod has to fit both', async () => {
    const everythingFor = (name: string): Profile => ({ name: 'default', preset: 'Privileged', subjects: [{ kind: 'User', name }] })
    await secureAs(people, RIVAL, { profiles: [everythingFor('nobody')] }, TENANT)
    await refused(() => create(safe('good'), { dryRun: true }), `may use a pod security profile of tenant ${RIVAL}`)
    await secureAs(people, RIVAL, { profiles: [everythingFor('alice')] }, TENANT)
    await allowed(() => create(safe('good'), { dryRun: true }))
    expect(await refusal(create(safe('bad', { container: PRIVILEGED })))).to.match(MISFIT)
  })
})
