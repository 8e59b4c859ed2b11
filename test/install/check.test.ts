/** `check` on a real API server: before an installation, behind it, and with whatever may be wrong; and what docs/check.md shows. */

import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import type { Check, Mark } from '../../src/cli/check/line.ts'
import { programOf } from '../../src/cli/program.ts'
import { version } from '../../src/version.ts'
import { hasMutatingPolicies } from '../../tools/control-plane/install.ts'
import { type Ended, run } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { type ChartCluster, type RunningRelease, startChartCluster } from '../support/installed-chart.ts'
import { blocks, page } from '../support/markdown.ts'
import { shellWith } from '../support/shell.ts'

const NAMESPACE = 'platform'
const FLANNEL = 'ghcr.io/flannel-io/flannel:v0.27.4'
const VALUES = { serviceAccount: { name: 'keeper' } }

type Checked = {
  readonly ok: boolean
  readonly checks: readonly { check: Check; mark: Mark; reason: string; advice?: string; docs: string }[]
}

describe('check', function () {
  this.timeout(180_000)
  let cluster: ChartCluster
  let operator: RunningRelease | undefined

  const kubeconfig = (user: 'admin' | 'alice' = 'admin') => ['--kubeconfig', cluster.controlPlane.kubeconfig(user)]
  /** As a person calls it. */
  const check = (...args: readonly string[]): Promise<Ended> => run('check', ...kubeconfig(), ...args)
  /** The same without a process for each question. */
  const answer = async (...args: readonly string[]) => {
    const shell = shellWith({ version: version() })
    await programOf(shell).parseAsync(['check', '-o', 'json', ...args], { from: 'user' })
    const { ok, checks } = JSON.parse(shell.written.stdout) as Checked
    expect(shell.written.concluded).to.equal(ok ? 'nothing' : 'findings')
    return { ok, lines: new Map(checks.map((line) => [line.check, line] as const)) }
  }
  /** The lines that are not well, "check: mark". A network plugin is nothing that this control plane has. */
  const notWell = async () => {
    const { lines } = await answer(...kubeconfig())
    return [...lines.values()]
      .filter(({ check: name, mark }) => mark !== 'ok' && name !== 'network-plugin')
      .map(({ check: name, mark }) => `${name}: ${mark}`)
  }
  /** As an administrator who pastes it into a shell. */
  const paste = (line: string): Promise<void> => {
    const { kubectl, directory } = cluster.controlPlane
    const env = { PATH: `${dirname(kubectl)}:${process.env.PATH}`, KUBECONFIG: cluster.controlPlane.kubeconfig('admin'), HOME: directory }
    return new Promise((resolve, reject) => {
      execFile('/bin/sh', ['-c', line], { env }, (error, _stdout, stderr) => (error ? reject(new Error(stderr)) : resolve()))
    })
  }
  /** Changes an object, looks, and puts back what was there. */
  const broken = async (object: string, patch: readonly object[], name: Check): Promise<string> => {
    const before = await cluster.get(object)
    await cluster.kubectl(`patch ${object} --type=json --patch=${JSON.stringify(patch).replaceAll(' ', '\\u0020')}`)
    try {
      const { ok, lines } = await answer(...kubeconfig())
      const line = lines.get(name)
      expect({ ok, mark: line?.mark }).to.deep.equal({ ok: false, mark: 'missing' })
      return `${line?.reason}. ${line?.advice}`
    } finally {
      const { resourceVersion: _, managedFields: __, ...metadata } = before.metadata as Record<string, unknown>
      await cluster.kubectl('replace --filename=-', { ...before, metadata })
    }
  }
  /** While there is a DaemonSet with this image, as a network plugin has one. */
  const withDaemonSet = async <T>(image: string, look: () => Promise<T>): Promise<T> => {
    const labels = { app: 'network' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } }
    await cluster.kubectl('create --filename=-', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'kube-flannel-ds', namespace: 'kube-system' },
      spec: { selector: { matchLabels: labels }, template },
    })
    try {
      return await look()
    } finally {
      await cluster.kubectl('delete daemonset/kube-flannel-ds --namespace=kube-system')
    }
  }
  const networkPlugin = async (): Promise<readonly [boolean, string]> => {
    const { ok, lines } = await answer(...kubeconfig())
    const line = lines.get('network-plugin')
    return [ok, `${line?.mark}: ${line?.reason}`]
  }

  before(async () => {
    cluster = await startChartCluster()
  })

  after(async () => {
    await operator?.stop()
    await cluster?.stop()
  })

  describe('before an installation', () => {
    it('says that the cluster has what is needed, what to type, and what cannot be known', async () => {
      const { code, stdout, stderr } = await check()
      expect(stderr).to.equal('')
      expect(stdout).to.match(/^✓ kubernetes +v1\.\d+\.\d+ is 1\.34 or newer\. https:/m)
      expect(stdout).to.match(/^! network-plugin .*the API server does not know whether NetworkPolicies are enforced.*#network-plugin$/m)
      expect(stdout).to.match(/^✓ dns +cluster DNS is Service kube-system\/kube-dns \(10\.96\.0\.10/m)
      expect(stdout).to.match(/^✓ address-families +Services have IPv4, pods what no node says/m)
      expect(stdout).to.match(/^✓ installer +you may create all/m)
      expect(stdout).to.match(/^- installation +nothing of tenant-isolation is there yet\. To do: helm upgrade --install/m)
      expect(stdout).to.include(`${cluster.controlPlane.url} has what an installation needs`)
      expect(code).to.equal(0)
    })

    it('counts as missing what has to be installed by now', async () => {
      const { ok, lines } = await answer(...kubeconfig(), '--installed')
      expect(ok).to.equal(false)
      for (const name of ['crd', 'policies', 'rights', 'configuration', 'namespace', 'operator', 'leader', 'tenants'] as const)
        expect(lines.get(name)?.mark, name).to.equal('missing')
      expect(lines.has('installation')).to.equal(false)
    })

    it('tells somebody who may not install it what is missing to them, and that somebody else may', async () => {
      const { lines } = await answer(...kubeconfig('alice'))
      expect(lines.get('installer')).to.include({ mark: 'warning' })
      expect(lines.get('installer')?.reason).to.include('you may not create customresourcedefinitions.apiextensions.k8s.io')
    })

    it('prints what docs/check.md shows, where an older Kubernetes has nothing more to say', async function () {
      // It has one line more there.
      if (!hasMutatingPolicies(cluster.controlPlane)) this.skip()
      const [shown = ''] = blocks(page('docs/check.md'), '')
      const { code, stdout } = await withDaemonSet(FLANNEL, () => check())
      const printed = stdout.replaceAll(/\bv1\.\d+\.\d+\b/g, 'v1.36.3').replaceAll(cluster.controlPlane.url, 'https://127.0.0.1:6443')
      const wanted = shown
        .split('\n')
        .slice(1, -1)
        .filter((line) => line !== '')
      expect(wanted).to.have.length.greaterThan(4)
      for (const line of wanted) {
        const pattern = line.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        expect(printed).to.match(new RegExp(`^${pattern.join('.*')}$`, 'm'))
      }
      expect(code).to.equal(1)
    })

    it('cannot be done where nobody answers', async () => {
      const { code, stdout, stderr } = await run('check', '--kubeconfig', '/does/not/exist')
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
      expect(stderr).to.include('the kubeconfig /does/not/exist cannot be used')
    })
  })

  describe('behind an installation', () => {
    before(async () => {
      await cluster.helm('install', { namespace: NAMESPACE, values: VALUES, args: ['--create-namespace'] })
    })

    it('sees that nothing runs yet', async () => {
      const lines = ['namespace: warning', 'operator: missing', 'leader: missing']
      expect((await notWell()).filter((line) => !line.startsWith('mutating'))).to.deep.equal(lines)
      expect((await check()).code).to.equal(1)
    })

    it('finds everything as it has to be once the operator runs, wherever it was installed', async () => {
      operator = await cluster.run(NAMESPACE)
      await readyPods(cluster)
      await cluster.kubectl(`label namespace ${NAMESPACE} pod-security.kubernetes.io/enforce=restricted`)
      await eventually(
        async () => expect(await notWell()).to.deep.equal(hasMutatingPolicies(cluster.controlPlane) ? [] : ['mutating-policies: warning']),
        { within: 20_000 },
      )
      const { code, stdout } = await check()
      expect(stdout).to.match(/^✓ rights +service account platform\/keeper may do all that the operator has to\./m)
      expect(stdout).to.match(/^✓ leader +tenant-isolation-pod holds Lease platform\/tenant-isolation and renews it\./m)
      expect(stdout).to.include(' has all that is needed; ')
      expect(code).to.equal(0)
    })

    it('says the same in every form', async () => {
      const [json, yaml, markdown] = [await check('-o', 'json'), await check('-o', 'yaml'), await check('-o', 'markdown')].map(
        ({ stdout }) => stdout,
      )
      expect(parse(yaml ?? '')).to.deep.equal(JSON.parse(json ?? ''))
      const { checks } = JSON.parse(json ?? '') as Checked
      for (const { check: name, docs } of checks) expect(markdown).to.match(new RegExp(`^\\| . \\| ${name} \\| .* \\| ${docs} \\|$`, 'm'))
    })
  })

  it('can be followed by the trial that docs/check.md shows, as far as anything runs pods', async () => {
    await cluster.kubectl('create namespace shop')
    await cluster.kubectl('wait --for=create serviceaccount/default --namespace=shop --timeout=20s')
    const [trial = ''] = blocks(page('docs/check.md'), 'sh')
    expect(trial).to.include('\nkubectl logs probe')
    await paste(`set -e; ${trial.replaceAll(/^kubectl logs .*$/gm, '')}`)
  })

  describe('where something is wrong', () => {
    it('names the policy that is not of this version, and the field', async () => {
      const name = 'pod-security.tenant-isolation.dev'
      const patch = [{ op: 'replace', path: '/spec/validations/0/message', value: 'older' }]
      expect(await broken(`validatingadmissionpolicy/${name}`, patch, 'policies')).to.match(
        /^1 of \d+ admission policies are not those of version \S+: pod-security\.tenant-isolation\.dev \(spec\.validations\[0\]\.message\)\. upgrade to /,
      )
    })

    it('names the binding that lets through what it should refuse', async () => {
      const patch = [{ op: 'replace', path: '/spec/validationActions', value: ['Audit'] }]
      expect(await broken('validatingadmissionpolicybinding/operator-guard.tenant-isolation.dev', patch, 'bindings')).to.include(
        'operator-guard.tenant-isolation.dev (spec.validationActions',
      )
    })

    it('names the binding that is not there', async () => {
      const object = 'validatingadmissionpolicybinding/children-guard.tenant-isolation.dev'
      const { metadata, ...rest } = await cluster.get(object)
      await cluster.kubectl(`delete ${object}`)
      const { lines } = await answer(...kubeconfig())
      expect(lines.get('bindings')?.reason).to.include('are not there: children-guard.tenant-isolation.dev')
      await cluster.kubectl('create --filename=-', { ...rest, metadata: { name: metadata.name, labels: metadata.labels } })
    })

    it('names the field by which the CustomResourceDefinition is another one', async () => {
      const patch = [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/description', value: 'older' }]
      expect(await broken('customresourcedefinition/tenantisolations.tenant-isolation.dev', patch, 'crd')).to.include(
        'spec.versions[0].schema.openAPIV3Schema.properties.spec.description differs',
      )
    })

    it('names the right that the operator lacks', async () => {
      const { rules } = await cluster.get('clusterrole/tenant-isolation')
      const index = (rules as { resources: string[] }[]).findIndex(({ resources }) => resources.includes('tenantisolations/status'))
      const said = await broken('clusterrole/tenant-isolation', [{ op: 'remove', path: `/rules/${index}` }], 'rights')
      expect(said).to.include('platform/keeper may not update tenantisolations/status.tenant-isolation.dev. install its rights again')
    })

    it('repeats what is wrong with a configuration', async () => {
      const value = 'apiVersion: tenant-isolation.dev/v1alpha1\nkind: OperatorConfiguration\nprotectedNamespace: []\n'
      const said = await broken(
        `configmap/tenant-isolation --namespace=${NAMESPACE}`,
        [{ op: 'replace', path: '/data/config.yaml', value }],
        'configuration',
      )
      expect(said).to.include('ConfigMap platform/tenant-isolation is not understood').and.include('protectedNamespace')
    })

    it('knows network plugins that enforce nothing, and those that do', async () => {
      expect(await withDaemonSet(FLANNEL, networkPlugin)).to.deep.equal([
        false,
        'missing: flannel (DaemonSet kube-system/kube-flannel-ds) does not enforce NetworkPolicies as it is set up: they would be there and stop nothing',
      ])
      expect(await withDaemonSet('quay.io/calico/node:v3.30.3', networkPlugin)).to.deep.equal([
        true,
        'ok: Calico is there (DaemonSet kube-system/kube-flannel-ds), which enforces NetworkPolicies',
      ])
    })

    it('names the tenants that are not as they should be', async () => {
      await cluster.kubectl('create --filename=-', {
        apiVersion: 'tenant-isolation.dev/v1alpha1',
        kind: 'TenantIsolation',
        metadata: { name: 'lonely' },
        spec: {
          namespaceSelector: { matchLabels: { tenant: 'lonely' } },
          network: { egress: [{ name: 'x', to: [{ tenant: 'nobody' }] }] },
        },
      })
      const line = await eventually(async () => {
        const found = (await answer(...kubeconfig())).lines.get('tenants')
        expect(found?.reason).not.to.include('no status yet')
        return found
      })
      expect(line?.mark).to.equal('warning')
      expect(line?.reason).to.match(/^1 of 1 TenantIsolations are not Ready: lonely \(\w+\)$/)
      await cluster.kubectl('delete ti/lonely --timeout=30s')
    })

    it('tells who may not look what they need, in a line that gives just that', async () => {
      const { ok: well, lines } = await answer(...kubeconfig('alice'))
      expect(well).to.equal(false)
      for (const name of ['crd', 'policies', 'bindings', 'rights', 'operator', 'leader', 'network-plugin', 'tenants'] as const)
        expect(lines.get(name)?.mark, name).to.equal('unseen')
      const [, line = ''] = /^an administrator gives this right with: (.*)$/.exec(lines.get('your-rights')?.advice ?? '') ?? []
      expect(line).not.to.match(/\*|secrets|update|delete/)
      await paste(line)
      await eventually(
        async () => {
          const { ok, lines: seen } = await answer(...kubeconfig('alice'))
          // Where the operator is follows from its Deployment; now that she sees it, it is another namespace.
          const more = /with: (.*)$/.exec(seen.get('your-rights')?.advice ?? '')?.[1]
          if (more !== undefined) await paste(more).catch(() => undefined)
          expect(ok).to.equal(true)
        },
        { within: 30_000 },
      )
    })

    it('sees a leader that does not renew any more, by looking twice', async () => {
      await operator?.stop()
      operator = undefined
      expect((await answer(...kubeconfig())).lines.get('leader')?.reason).to.equal('nobody holds Lease platform/tenant-isolation')
      const spec = { holderIdentity: 'gone', renewTime: '2020-01-01T00:00:00.000000Z' }
      await cluster.kubectl(`patch lease/tenant-isolation --namespace=${NAMESPACE} --type=merge --patch=${JSON.stringify({ spec })}`)
      expect((await answer(...kubeconfig())).lines.get('leader')).to.include({
        mark: 'missing',
        reason: 'gone holds Lease platform/tenant-isolation, and has not renewed it since 2020-01-01T00:00:00.000000Z',
      })
    })
  })
})

/** There is no kubelet here to say that the containers run. */
async function readyPods(cluster: ChartCluster): Promise<void> {
  const names = await eventually(
    async () => {
      const found = await cluster.names('pods', `--namespace=${NAMESPACE}`)
      expect(found).to.have.length(2)
      return found
    },
    { within: 20_000 },
  )
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
  for (const name of names)
    await cluster.kubectl(`patch ${name} --namespace=${NAMESPACE} --subresource=status --patch=${JSON.stringify({ status })}`)
}
