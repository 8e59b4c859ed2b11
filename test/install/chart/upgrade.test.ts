/**
 * `helm upgrade` from what is in test/fixtures/released, chart and operator (docs/decisions/0023-upgrade.md): a tenant stays isolated
 * throughout.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { API_VERSION, BASELINE_POLICY, KIND } from '../../../src/api/labels.ts'
import { programOf } from '../../../src/cli/program.ts'
import { type Client, createClient } from '../../../src/kube/client.ts'
import { KubeApiError } from '../../../src/kube/errors.ts'
import type { StoredObject } from '../../../src/kube/objects.ts'
import { createTransport, type Transport } from '../../../src/kube/transport.ts'
import { NETWORK_POLICIES, PODS } from '../../../src/reconcile/resources.ts'
import { version } from '../../../src/version.ts'
import { NODE_FLAGS } from '../../../tools/bundle.ts'
import { eventually } from '../../support/eventually.ts'
import { type ChartCluster, type RunningRelease, startChartCluster } from '../../support/installed-chart.ts'
import { shellWith } from '../../support/shell.ts'

const RELEASED = join(import.meta.dirname, '../../fixtures/released')
const NAMESPACE = 'platform'
const TENANT = {
  apiVersion: API_VERSION,
  kind: KIND,
  metadata: { name: 'manning' },
  spec: {
    namespaceSelector: { matchLabels: { tenant: 'manning' } },
    network: {
      ingress: [
        {
          name: 'web',
          appliesTo: { podSelector: { matchLabels: { app: 'database' } } },
          from: [{ podSelector: { matchLabels: { app: 'web' } } }],
          ports: [{ port: 80 }],
        },
      ],
    },
    podSecurity: { profiles: [{ name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] }] },
  },
}

/** What alice tries again and again, and what the refusal has to say, so that it is known who refused. */
type Attempt = { readonly what: string; readonly refusal: RegExp; readonly run: (client: Client) => Promise<unknown> }

const ATTEMPTS: readonly Attempt[] = [
  {
    what: 'opening the baseline of shop',
    refusal: /only tenant-isolation may write it/,
    run: (client) =>
      client.patch(
        NETWORK_POLICIES,
        { namespace: 'shop', name: BASELINE_POLICY },
        { type: 'merge', body: { spec: { ingress: [{}] } } },
        { dryRun: true },
      ),
  },
  {
    what: 'a policy that lets everybody in',
    refusal: /would open the boundary of tenant manning/,
    run: (client) =>
      client.create(
        NETWORK_POLICIES,
        {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { namespace: 'shop', name: 'open' },
          spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] },
        },
        { dryRun: true },
      ),
  },
  {
    what: 'a privileged pod',
    refusal: /does not fit profile "default"/,
    run: (client) =>
      client.create(
        PODS,
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { namespace: 'shop', name: 'toolbox' },
          spec: { containers: [{ name: 'main', image: 'none', securityContext: { privileged: true } }] },
        },
        { dryRun: true },
      ),
  },
]

for (const released of readdirSync(RELEASED)) {
  describe(`an upgrade from ${released}`, function () {
    this.timeout(180_000)
    let cluster: ChartCluster
    let operator: RunningRelease | undefined
    const transports: Transport[] = []

    const clientOf = (user: 'admin' | 'alice'): Client => {
      const kubeConfig = new KubeConfig()
      kubeConfig.loadFromFile(cluster.controlPlane.kubeconfig(user))
      const transport = createTransport({ kubeConfig, userAgent: 'test' })
      transports.push(transport)
      return createClient(transport, { fieldManager: 'test' })
    }
    const isolated = () =>
      eventually(
        async () => {
          const { conditions } = (await cluster.get('ti/manning')).status
          expect((conditions as { type: string }[]).find(({ type }) => type === 'Ready')).to.include({ status: 'True', reason: 'Isolated' })
        },
        { within: 20_000 },
      )
    /** "check: mark" of what is installed, as `check` of this version sees it. */
    const checked = async () => {
      const shell = shellWith({ version: version() })
      const flags = ['check', '-o', 'json', '--kubeconfig', cluster.controlPlane.kubeconfig('admin')]
      await programOf(shell).parseAsync(flags, { from: 'user' })
      const { checks } = JSON.parse(shell.written.stdout) as { readonly checks: readonly { check: string; mark: string }[] }
      return Object.fromEntries(checks.map(({ check, mark }) => [check, mark]))
    }

    before(async () => {
      cluster = await startChartCluster()
      await cluster.helm('install', { namespace: NAMESPACE, args: ['--create-namespace'], chart: join(RELEASED, released, 'chart.tgz') })
      await cluster.kubectl('create clusterrolebinding alice-edits --clusterrole=edit --user=alice')
      const older = join(cluster.controlPlane.directory, 'older.mjs')
      writeFileSync(older, gunzipSync(readFileSync(join(RELEASED, released, 'operator.mjs.gz'))))
      operator = await cluster.run(NAMESPACE, [...NODE_FLAGS, older])
      await cluster.kubectl('apply --server-side --filename=-', TENANT)
      for (const name of ['shop', 'warehouse'])
        await cluster.kubectl('create --filename=-', {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name, labels: { tenant: 'manning' } },
        })
      await cluster.kubectl('wait --for=create serviceaccount/default --namespace=shop --timeout=20s')
      await isolated()
    })

    after(async () => {
      for (const transport of transports) await transport.close()
      await operator?.stop()
      await cluster?.stop()
    })

    it('begins with something to do, as check says', async () => {
      expect(await checked()).to.include({ crd: 'missing', policies: 'missing', leader: 'ok', tenants: 'ok' })
    })

    it('leaves the tenant isolated at every moment of it, and writes none of its policies', async () => {
      const alice = clientOf('alice')
      const admin = clientOf('admin')
      const versions = async () =>
        (await admin.list<StoredObject>(NETWORK_POLICIES)).items
          .filter(({ metadata }) => metadata.namespace !== NAMESPACE)
          .map(({ metadata }) => `${metadata.namespace}/${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`)
      const outcome = ({ what, refusal, run }: Attempt) =>
        run(alice).then(
          () => `${what} succeeded`,
          (error: unknown) => (error instanceof KubeApiError && refusal.test(error.message) ? 'refused' : `${what}: ${error}`),
        )
      // A binding counts about a second after it was made.
      for (const attempt of ATTEMPTS) await eventually(async () => expect(await outcome(attempt)).to.equal('refused'), { within: 20_000 })

      const before = await versions()
      expect(before).to.have.length(4)
      const seen = new Map<string, number>()
      let going = true
      const looking = (async () => {
        while (going) {
          for (const said of await Promise.all(ATTEMPTS.map(outcome))) seen.set(said, (seen.get(said) ?? 0) + 1)
          expect(await versions()).to.deep.equal(before)
        }
      })()
      try {
        expect(await cluster.helm('upgrade', { namespace: NAMESPACE })).to.match(/REVISION: 2/)
        await operator?.stop()
        operator = await cluster.run(NAMESPACE)
        await isolated()
        // Until what was upgraded last counts.
        await new Promise((resolve) => setTimeout(resolve, 2_000))
      } finally {
        going = false
        await looking
      }
      expect([...seen.keys()]).to.deep.equal(['refused'])
      expect(seen.get('refused')).to.be.greaterThan(100)
    })

    it('ends with what this version installs, and an operator with the rights that it needs', async () => {
      expect(await checked()).to.include({
        crd: 'ok',
        policies: 'ok',
        bindings: 'ok',
        rights: 'ok',
        configuration: 'ok',
        leader: 'ok',
        tenants: 'ok',
      })
    })
  })
}
