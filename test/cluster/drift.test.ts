/** Whatever somebody does to what the operator wrote, it is put back; what is not the operator's stays. */

import { expect } from 'chai'
import { BASELINE_POLICY, MANAGED_BY_LABEL, RULES_ANNOTATION, TENANT_LABEL } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import type { KubeObject } from '../../src/kube/objects.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createTelemetry } from '../../src/observability/telemetry.ts'
import { NETWORK_POLICIES } from '../../src/reconcile/resources.ts'
import { callText } from '../support/audit.ts'
import { egressRule, ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { conditionOf, type Editable, end, type Kube, networkPolicy, openKube, type PolicyView, viewOf } from '../support/kube.ts'
import { CONFIG_MAPS, configMap, EVENTS } from '../support/kube-setup.ts'
import { complaintsOf, type RunningOperator, startOperator } from '../support/operator.ts'

const TENANT = 'drift'

/** A baseline that carries DNS, and a policy for each of two applications. */
const SPEC: Spec = {
  namespaceSelector: namespacesOf(TENANT),
  network: {
    ingress: [ingressRule({ name: 'database', appliesTo: { podSelector: labelled({ app: 'database' }) }, ports: [{ port: 5432 }] })],
    egress: [egressRule({ name: 'web', appliesTo: { podSelector: labelled({ app: 'webserver' }) }, ports: [{ port: 5432 }] })],
  },
}

type Drift = {
  readonly what: string
  readonly policy: 'baseline' | 'database' | 'web'
  readonly edit: (policy: Editable) => void
  /** Left out: the manager of the edit is known. Kubernetes keeps no record of who only took something away. */
  readonly anonymous?: true
  /** Left out: it is one update. Without our label the watch shows it as deleted. */
  readonly calls?: readonly string[]
}

/** The create finds that the policy is still there; a look at it tells whose it is. */
const UNLABELLED = ['create 409', 'get 200', 'update 200']

const DRIFTS: readonly Drift[] = [
  {
    what: 'a rule for everybody added',
    policy: 'baseline',
    edit: ({ spec }) => {
      spec.ingress = [{}]
    },
  },
  {
    what: 'the egress rules removed',
    policy: 'baseline',
    edit: ({ spec }) => {
      delete spec.egress
    },
    anonymous: true,
  },
  {
    what: 'a direction taken out of policyTypes',
    policy: 'baseline',
    edit: ({ spec }) => {
      spec.policyTypes = ['Egress']
    },
  },
  {
    what: 'spec.podSelector changed to pods that do not exist',
    policy: 'baseline',
    edit: ({ spec }) => {
      spec.podSelector = labelled({ nobody: 'here' })
    },
  },
  {
    what: 'spec.podSelector emptied',
    policy: 'database',
    edit: ({ spec }) => {
      spec.podSelector = {}
    },
  },
  {
    what: 'a port changed',
    policy: 'database',
    edit: ({ spec }) => {
      spec.ingress[0].ports[0].port = 22
    },
  },
  {
    what: 'the ports of a rule removed',
    policy: 'database',
    edit: ({ spec }) => {
      delete spec.ingress[0].ports
    },
  },
  { what: 'a peer added', policy: 'web', edit: ({ spec }) => void spec.egress[0].to.push({ ipBlock: { cidr: '0.0.0.0/0' } }) },
  { what: 'a direction added to policyTypes', policy: 'web', edit: ({ spec }) => void spec.policyTypes.push('Ingress') },
  {
    what: 'the whole spec emptied',
    policy: 'web',
    edit: (policy) => {
      policy.spec = { podSelector: {} }
    },
  },
  {
    what: 'our label removed',
    policy: 'database',
    edit: ({ metadata }) => {
      delete metadata.labels?.[TENANT_LABEL]
    },
    anonymous: true,
    calls: UNLABELLED,
  },
  {
    what: 'our label changed to another tenant',
    policy: 'database',
    edit: ({ metadata }) => {
      metadata.labels = { ...metadata.labels, [TENANT_LABEL]: 'someone-else' }
    },
  },
  {
    what: 'the managed-by label removed',
    policy: 'web',
    edit: ({ metadata }) => {
      delete metadata.labels?.[MANAGED_BY_LABEL]
    },
    anonymous: true,
  },
  {
    what: 'the managed-by label changed',
    policy: 'web',
    edit: ({ metadata }) => {
      metadata.labels = { ...metadata.labels, [MANAGED_BY_LABEL]: 'Helm' }
    },
  },
  {
    what: 'our annotation removed',
    policy: 'database',
    edit: ({ metadata }) => {
      delete metadata.annotations?.[RULES_ANNOTATION]
    },
    anonymous: true,
  },
  {
    what: 'our annotation changed',
    policy: 'database',
    edit: ({ metadata }) => {
      metadata.annotations = { [RULES_ANNOTATION]: 'nothing' }
    },
  },
  {
    what: 'the ownerReference removed',
    policy: 'web',
    edit: ({ metadata }) => {
      delete metadata.ownerReferences
    },
    anonymous: true,
  },
  {
    what: 'the ownerReference made to be no controller',
    policy: 'web',
    edit: ({ metadata }) => {
      for (const owner of metadata.ownerReferences ?? []) owner.controller = false
    },
  },
  {
    what: 'label and ownerReference removed together',
    policy: 'database',
    edit: ({ metadata }) => {
      delete metadata.labels
      delete metadata.ownerReferences
    },
    anonymous: true,
    calls: UNLABELLED,
  },
  {
    what: 'everything at once',
    policy: 'baseline',
    edit: (policy) => {
      delete policy.metadata.labels
      delete policy.metadata.annotations
      delete policy.metadata.ownerReferences
      policy.spec = { podSelector: labelled({ app: 'nothing' }), policyTypes: ['Ingress'], ingress: [{}] }
    },
    anonymous: true,
    calls: UNLABELLED,
  },
]

describe('drift', function () {
  this.timeout(60_000)

  let kube: Kube
  let running: RunningOperator
  /** Names of the policies for applications; the same in every namespace. */
  const names = { baseline: BASELINE_POLICY, database: '', web: '' }
  /** How the policies are in a namespace that nobody touches. */
  let proper: readonly PolicyView[]
  let namespaces = 0

  before(async () => {
    kube = await openKube()
    running = await startOperator()
    await kube.applyTenant(TENANT, SPEC)
    const namespace = await isolatedNamespace()
    proper = (await kube.policies(namespace)).map(viewOf)
    for (const { name, annotations } of proper) {
      if (annotations[RULES_ANNOTATION] === 'ingress/database') names.database = name
      if (annotations[RULES_ANNOTATION] === 'egress/web') names.web = name
    }
    expect(proper.map(({ name }) => name)).to.have.members(Object.values(names))
  })

  after(() => end(kube, running))

  /** One of its own for each test, so that no policy is repaired so often that it counts as a fight. */
  const isolatedNamespace = async (): Promise<string> => {
    const name = `drift-${namespaces++}`
    await kube.createNamespace(name, { tenant: TENANT })
    await eventually(async () => expect(await kube.policies(name)).to.have.lengthOf(3))
    // The write of the status ends what a new namespace brings about.
    await eventually(async () => expect((await kube.ready(TENANT)).status?.namespaces?.isolated).to.equal(namespaces))
    return name
  }

  const isProper = async (namespace: string): Promise<void> => {
    expect((await kube.policies(namespace)).map(viewOf)).to.deep.equal(proper)
  }

  const repaired = (namespace: string): Promise<void> => eventually(() => isProper(namespace))

  /** What the operator asked for meanwhile, without names. */
  const callsSince = async (mark: number): Promise<string[]> =>
    (await kube.audit.since(mark)).filter(({ resource }) => resource !== 'leases').map(({ verb, code }) => `${verb} ${code}`)

  type Counted = { readonly policy: string; readonly change: string; readonly by: string | undefined }
  /** A repair is counted when the operator has the answer, which can be after we have seen the policy. */
  const counted = (namespace: string, ...repairs: readonly Counted[]): Promise<void> =>
    eventually(() => {
      const there = running.repairs.filter((repair) => repair.namespace === namespace)
      expect(there.map(({ name, change, by }) => ({ policy: name, change, by }))).to.deep.equal(repairs)
    })

  describe('of a policy that was edited is put back with one write, and says whose edit it was:', () => {
    for (const { what, policy, edit, anonymous, calls = ['update 200'] } of DRIFTS) {
      it(what, async () => {
        const namespace = await isolatedNamespace()
        const name = names[policy]
        const mark = await kube.audit.mark()
        await kube.editPolicy({ namespace, name }, edit, 'mallory')
        await repaired(namespace)
        expect(await callsSince(mark)).to.deep.equal(calls)
        const change = calls === UNLABELLED ? 'deleted' : 'edited'
        await counted(namespace, { policy: name, change, by: anonymous ? undefined : 'mallory' })
      })
    }

    it('the ownerReference replaced by another controller', async () => {
      const namespace = await isolatedNamespace()
      const owner = await kube.client.create(CONFIG_MAPS, configMap(namespace, 'owner'))
      const mark = await kube.audit.mark()
      await kube.editPolicy({ namespace, name: names.web }, ({ metadata }) => {
        metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid, controller: true }]
      })
      await repaired(namespace)
      expect(await callsSince(mark)).to.deep.equal(['update 200'])
    })

    it('a second owner added', async () => {
      const namespace = await isolatedNamespace()
      const owner = await kube.client.create(CONFIG_MAPS, configMap(namespace, 'owner'))
      await kube.editPolicy({ namespace, name: names.web }, ({ metadata }) => {
        metadata.ownerReferences?.push({ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid })
      })
      await repaired(namespace)
    })

    it('an edit by kubectl', async () => {
      const namespace = await isolatedNamespace()
      await kube.kubectl(`patch networkpolicy ${BASELINE_POLICY} -n ${namespace} --type=merge -p {"spec":{"ingress":[{}]}}`)
      await repaired(namespace)
      await counted(namespace, { policy: BASELINE_POLICY, change: 'edited', by: 'kubectl-patch' })
    })
  })

  it('is not blamed on somebody who only put a label of their own on the policy', async () => {
    const namespace = await isolatedNamespace()
    await kube.editPolicy(
      { namespace, name: names.database },
      ({ metadata }) => {
        metadata.labels = { ...metadata.labels, team: 'a' }
      },
      'labeller',
    )
    await kube.editPolicy(
      { namespace, name: names.database },
      ({ spec }) => {
        delete spec.ingress
      },
      'mallory',
    )
    await counted(namespace, { policy: names.database, change: 'edited', by: undefined })
  })

  describe('by deletion is put back with one write:', () => {
    for (const policy of ['baseline', 'database'] as const) {
      it(`the ${policy} policy`, async () => {
        const namespace = await isolatedNamespace()
        await kube.createPod(namespace, 'webserver', { app: 'webserver' })
        const mark = await kube.audit.mark()
        await kube.deletePolicy({ namespace, name: names[policy] })
        await repaired(namespace)
        expect(await callsSince(mark)).to.deep.equal(['create 201'])
        await counted(namespace, { policy: names[policy], change: 'deleted', by: undefined })
      })
    }

    it('all policies of a namespace', async () => {
      const namespace = await isolatedNamespace()
      const mark = await kube.audit.mark()
      await kube.kubectl(`delete networkpolicies --all --namespace=${namespace}`)
      await repaired(namespace)
      const writes = await kube.audit.writesSince(mark)
      expect(writes.map(callText)).to.have.members(proper.map(({ name }) => `create networkpolicies ${namespace}/${name} 201`))
    })

    it('all policies of a namespace in one request', async () => {
      const namespace = await isolatedNamespace()
      const mark = await kube.audit.mark()
      await kube.transport.request({ method: 'DELETE', path: `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies` })
      await repaired(namespace)
      expect(await kube.audit.writesSince(mark)).to.have.lengthOf(3)
    })

    it('a policy that a finalizer of somebody else holds, once it is gone', async () => {
      const namespace = await isolatedNamespace()
      const at = { namespace, name: names.database }
      const { metadata } = await kube.editPolicy(at, (policy) => {
        policy.metadata.finalizers = ['example.com/hold']
      })
      await kube.deletePolicy(at)
      expect((await kube.policy(namespace, at.name)).metadata.deletionTimestamp).to.be.a('string')
      // It still counts: an edit of it is put back.
      await kube.editPolicy(at, ({ spec }) => {
        spec.ingress = [{}]
      })
      const expected = proper.map((view) => (view.name === at.name ? { ...view, finalizers: ['example.com/hold'] } : view))
      await eventually(async () => expect((await kube.policies(namespace)).map(viewOf)).to.deep.equal(expected))
      const mark = await kube.audit.mark()
      await kube.editPolicy(at, (policy) => {
        delete policy.metadata.finalizers
      })
      await repaired(namespace)
      expect((await kube.policy(namespace, at.name)).metadata.uid).not.to.equal(metadata.uid)
      expect(await callsSince(mark)).to.deep.equal(['create 201'])
    })
  })

  describe('by an additional policy', () => {
    const forged = 'tenant-isolation-0123456789ab'
    const open = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] }

    it('that has our label, our owner and our naming is removed', async () => {
      const namespace = await isolatedNamespace()
      const [{ labels, ownerReferences } = { labels: {}, ownerReferences: [] }] = proper
      const mark = await kube.audit.mark()
      await kube.createPolicy(networkPolicy(namespace, forged, open, { labels, ownerReferences }))
      await repaired(namespace)
      expect((await kube.audit.writesSince(mark)).map(callText)).to.deep.equal([`delete networkpolicies ${namespace}/${forged} 200`])
      await counted(namespace, { policy: forged, change: 'added', by: 'mallory' })
    })

    it('that has our labels and our naming is removed, for its namespace is the tenant’s', async () => {
      const namespace = await isolatedNamespace()
      const [{ labels } = { labels: {} }] = proper
      await kube.createPolicy(networkPolicy(namespace, forged, open, { labels }))
      await repaired(namespace)
    })

    it('that has only some of these is left alone', async () => {
      const namespace = await isolatedNamespace()
      const [{ labels, ownerReferences } = { labels: {}, ownerReferences: [] }] = proper
      const others = [
        networkPolicy(namespace, 'only-our-label', open, { labels }),
        networkPolicy(namespace, 'our-label-and-owner', open, { labels, ownerReferences }),
        networkPolicy(namespace, forged, open),
        networkPolicy(namespace, 'tenant-isolation-22222222222f', open, { ownerReferences }),
        networkPolicy(namespace, 'tenant-isolation-for-us', open, { labels, ownerReferences }),
      ]
      for (const policy of others) await kube.createPolicy(policy)
      const mark = await kube.audit.mark()
      // Something to repair, so that the operator looks at the namespace again.
      await kube.deletePolicy({ namespace, name: names.web })
      await eventually(async () => expect(await kube.policies(namespace)).to.have.lengthOf(proper.length + others.length))
      // That they open the namespace is said in status, when it is said.
      const written = (await kube.audit.writesSince(mark)).map(callText).filter((text) => !text.includes('tenantisolations/status'))
      expect(written).to.deep.equal([`create networkpolicies ${namespace}/${names.web} 201`])
    })
  })

  it('leaves what others have added: labels, annotations, finalizers', async () => {
    const namespace = await isolatedNamespace()
    const at = { namespace, name: names.database }
    const [view] = proper.filter(({ name }) => name === at.name)
    const mark = await kube.audit.mark()
    const expected = {
      ...view,
      labels: { ...view?.labels, team: 'a' },
      annotations: { ...view?.annotations, 'example.com/note': 'ours' },
      finalizers: ['example.com/hold'],
    }
    await kube.editPolicy(
      at,
      ({ metadata }) => {
        metadata.labels = { ...metadata.labels, team: 'a' }
        metadata.annotations = { ...metadata.annotations, 'example.com/note': 'ours' }
        metadata.finalizers = ['example.com/hold']
      },
      'labeller',
    )
    await kube.editPolicy(at, ({ spec }) => {
      spec.ingress = [{}]
    })
    await eventually(async () => expect(viewOf(await kube.policy(namespace, at.name))).to.deep.equal(expected))
    expect(await callsSince(mark)).to.deep.equal(['update 200'])
    await counted(namespace, { policy: at.name, change: 'edited', by: 'mallory' })
    await kube.editPolicy(at, ({ metadata }) => {
      delete metadata.finalizers
    })
  })

  it('that is made while the operator is down is repaired when it is back, and nothing else is written', async () => {
    const places = [await isolatedNamespace(), await isolatedNamespace(), await isolatedNamespace()]
    const [edited = '', deleted = '', forgedIn = ''] = places
    const [{ labels, ownerReferences } = { labels: {}, ownerReferences: [] }] = proper
    await running.stop()
    expect(complaintsOf(running)).to.deep.equal([])
    await kube.editPolicy({ namespace: edited, name: names.web }, ({ spec }) => {
      spec.egress = [{}]
    })
    await kube.deletePolicy({ namespace: deleted, name: names.baseline })
    await kube.createPolicy(networkPolicy(forgedIn, 'tenant-isolation-0123456789ab', { podSelector: {} }, { labels, ownerReferences }))
    const mark = await kube.audit.mark()
    running = await startOperator()
    for (const namespace of places) await repaired(namespace)
    await kube.ready(TENANT)
    expect((await kube.audit.writesSince(mark)).map(callText)).to.have.members([
      `update networkpolicies ${edited}/${names.web} 200`,
      `create networkpolicies ${deleted}/${names.baseline} 201`,
      `delete networkpolicies ${forgedIn}/tenant-isolation-0123456789ab 200`,
    ])
  })

  describe('without end', () => {
    const edit = (namespace: string, port: number) =>
      kube.client.patch(
        NETWORK_POLICIES,
        { namespace, name: names.baseline },
        { type: 'merge', body: { spec: { ingress: [{ ports: [{ port }] }] } } },
        { fieldManager: 'fighter' },
      )

    it('is said in status with the name of who makes it, and ends as it should be', async () => {
      const namespace = await isolatedNamespace()
      const neighbour = await isolatedNamespace()
      const mark = await kube.audit.mark()
      for (let port = 1; port <= 60; port++) await edit(namespace, port)
      // A fight in one namespace delays nobody else.
      await kube.deletePolicy({ namespace: neighbour, name: names.baseline })
      await repaired(neighbour)
      await repaired(namespace)
      const tenant = await kube.says(TENANT, { Ready: 'True', Drifted: 'True Repeated' })
      expect(conditionOf(tenant, 'Drifted')?.message).to.include(`${namespace}/${names.baseline}`).and.to.include('by fighter')
      const calls = await kube.audit.writesSince(mark)
      // What comes too late for one edit is refused, and comes again: never more than the edits.
      expect(calls.filter((call) => call.namespace === namespace).length).to.be.within(3, 60 + 1)
      expect(calls.filter(({ subresource }) => subresource === 'status').length).to.equal(1)
    })

    it('takes few writes, however fast the other is', async () => {
      const namespace = await isolatedNamespace()
      const mark = await kube.audit.mark()
      const began = performance.now()
      for (let port = 1; performance.now() - began < 2_500; port++) {
        await edit(namespace, port)
        await eventually(() => isProper(namespace), { within: 100 }).catch(() => {})
      }
      await repaired(namespace)
      const seconds = (performance.now() - began) / 1_000
      const repairs = (await kube.audit.writesSince(mark)).filter((call) => call.namespace === namespace && call.code === 200)
      // Twenty at once, and two more each second.
      expect(repairs.length).to.be.within(20, 20 + Math.ceil(2 * seconds) + 1)
    })
  })
})

describe('a repair', function () {
  this.timeout(60_000)

  const NAME = 'drift-told'
  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    const telemetry = createTelemetry({
      logger: createLogger({ level: 'error', format: 'text' }),
      metrics: createMetrics({ version: 'test' }),
      server: 'test',
    })
    running = await startOperator({ beside: telemetry })
    await kube.createNamespace(NAME, { tenant: NAME })
    await kube.applyTenant(NAME, { namespaceSelector: namespacesOf(NAME) })
    await eventually(async () => expect((await kube.ready(NAME)).status?.namespaces?.isolated).to.equal(1))
  })

  after(() => end(kube, running))

  it('is told by an Event on the resource, with the name of who had changed it; the same again is counted', async () => {
    for (let times = 0; times < 4; times++) {
      await kube.editPolicy({ namespace: NAME, name: BASELINE_POLICY }, ({ spec }) => {
        spec.ingress = [{}]
      })
      await eventually(async () => expect((await kube.policy(NAME)).spec).not.to.have.property('ingress'))
    }
    const description = await kube.kubectl(`describe tenantisolation ${NAME}`)
    expect(description).to.match(/Warning +DriftRepaired .*put NetworkPolicy drift-told\/tenant-isolation back as it was/)
    expect(description).to.include('it had been changed by mallory')
    // What was only counted so far is written at the latest when the operator stops.
    await running.stop()
    running = await startOperator()
    const { items } = await kube.client.list<KubeObject & { series?: { count: number } }>(EVENTS, {
      namespace: 'default',
      fieldSelector: `regarding.name=${NAME}`,
    })
    expect(items.map(({ series }) => series?.count)).to.deep.equal([4])
  })
})
