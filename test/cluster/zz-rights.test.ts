/**
 * The operator may do what it does, and nothing else. Runs last of its folder: it looks at every call that the operator's account has made in
 * all tests before, and at a scenario of its own that needs every right, so that it can also run alone.
 */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { BASELINE_POLICY, TENANT_LABEL } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import type { KubeObject } from '../../src/kube/objects.ts'
import type { Resource } from '../../src/kube/resources.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createTelemetry } from '../../src/observability/telemetry.ts'
import type { Call } from '../support/audit.ts'
import { egressRule, labelled, namespacesOf } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import type { FaultProxy } from '../support/fault-proxy.ts'
import { end, type Kube, openKube } from '../support/kube.ts'
import { startProxy } from '../support/kube-setup.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

const RBAC = join(import.meta.dirname, '../../config/rbac')
const TENANT = 'rights'
const SPEC: Spec = {
  namespaceSelector: namespacesOf(TENANT),
  network: { egress: [egressRule({ appliesTo: { podSelector: labelled({ app: 'webserver' }) } })] },
}

const EVENTS: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true }

type Role = {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly verbs: readonly string[]
    readonly resourceNames?: readonly string[]
  }[]
}

/** `tenant-isolation/ClusterRole: list pods` */
type Right = string

async function rolesOf(directory: string): Promise<readonly Role[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.yaml'))
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')))
  return texts
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Role))
    .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
}

const nameOf = ({ kind, metadata: { name } }: Pick<Role, 'kind' | 'metadata'>): string => `${kind} "${name}"`

function rightsOf(role: Role): readonly Right[] {
  return (role.rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${nameOf(role)}: ${verb} ${resource}${group === '' ? '' : `.${group}`}`)),
    ),
  )
}

/** The right that a call has used, by the role that the authorizer named. */
function usedBy({ verb, group, resource, subresource, because }: Call): Right {
  const [role = because] = /(Cluster)?Role "[^"]*"(?= to )/.exec(because) ?? []
  return `${role}: ${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`
}

describe("the operator's rights", function () {
  this.timeout(60_000)

  let kube: Kube
  let proxy: FaultProxy
  let running: RunningOperator
  let granted: readonly Right[]
  let calls: readonly Call[]

  before(async () => {
    kube = await openKube()
    proxy = await startProxy()
    granted = (await rolesOf(RBAC)).flatMap(rightsOf)
    // An API server that does not stream lists, so that they have to be asked for.
    proxy.inject(({ url }) => url.includes('sendInitialEvents=true'), { kind: 'respond', code: 400 }, Number.POSITIVE_INFINITY)
    await kube.createNamespace('rights-before')
    const telemetry = createTelemetry({
      logger: createLogger({ level: 'error', format: 'text' }),
      metrics: createMetrics({ version: 'test' }),
      server: 'test',
    })
    running = await startOperator({ server: proxy.url, beside: telemetry })
    await everythingThatNeedsARight()
    await end(kube, running, /made up by the test/)
    kube = await openKube()
    calls = await kube.audit.all()
  })

  after(async () => {
    await kube.close()
    await proxy.close()
  })

  const everythingThatNeedsARight = async (): Promise<void> => {
    // A namespace that it has not seen come into being: it looks for pods.
    await kube.labelNamespace('rights-before', { tenant: TENANT })
    await kube.applyTenant(TENANT, SPEC)
    await eventually(async () => expect((await kube.ready(TENANT)).status?.namespaces?.isolated).to.equal(1))
    // A policy without our label is not in the cache: it looks whose it is. And twice the same makes a series of an Event.
    for (const _ of [1, 2]) {
      await kube.editPolicy({ namespace: 'rights-before', name: BASELINE_POLICY }, ({ metadata }) => {
        delete metadata.labels?.[TENANT_LABEL]
      })
      await eventually(async () => expect((await kube.policy('rights-before')).metadata.labels).to.have.property(TENANT_LABEL))
    }
    await eventually(async () => {
      const events = await kube.client.list<KubeObject & { series?: { count: number }; note: string }>(EVENTS, {
        namespace: 'default',
        fieldSelector: `regarding.name=${TENANT}`,
      })
      expect(events.items.map(({ note, series }) => [note, series?.count])).to.deep.equal([
        [`put NetworkPolicy rights-before/${BASELINE_POLICY} back: it had been deleted, or its label taken off`, 2],
      ])
    })
    await kube.labelNamespace('rights-before', { tenant: null })
    await eventually(async () => expect(await kube.policyNames('rights-before')).to.deep.equal([]))
  }

  it('are all needed by something that it does', () => {
    const used = new Set(calls.filter(({ code }) => code < 400 || code === 404 || code === 409).map(usedBy))
    expect(granted.filter((right) => !used.has(right))).to.deep.equal([])
  })

  it('are enough: nothing that it asked for was forbidden', () => {
    const forbidden = calls.filter(({ decision }) => decision !== 'allow')
    expect([
      ...new Set(forbidden.map(({ verb, resource, subresource, namespace }) => `${verb} ${resource}/${subresource} in ${namespace}`)),
    ]).to.deep.equal([])
  })

  it('are its own: nothing was allowed only because everybody may do it', () => {
    const others = calls.filter((call) => !granted.includes(usedBy(call)))
    expect([...new Set(others.map((call) => `${usedBy(call)} ${call.uri}`))]).to.deep.equal([])
  })

  it('hold no wildcard', () => {
    expect(granted.filter((right) => right.includes('*'))).to.deep.equal([])
  })
})
