/** docs/start.md, docs/operations.md and what other pages show, typed as it stands on a real API server, with the operator that the chart installs. */

import { resolve } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { API_VERSION, KIND } from '../../src/api/labels.ts'
import { ensureBinaries } from '../../tools/control-plane/binaries.ts'
import { type Folder, temporaryFolder } from '../support/cli.ts'
import { always, eventually } from '../support/eventually.ts'
import { type ChartCluster, type RunningRelease, startChartCluster } from '../support/installed-chart.ts'
import { blocks, codeIn, page, pagesIn, sections } from '../support/markdown.ts'
import { asHere } from '../support/older-kubernetes.ts'
import { isAsShown, type Typing, transcript, type } from '../support/typed.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const NAMESPACE = 'tenant-isolation-system'
const OPERATIONS = sections(page('docs/operations.md'))
const START = sections(page('docs/start.md'))
const OPENING = 'kubectl apply -f tools/demo/allow-all.yaml -n shop --as=alice --as-group=manning-developers'
const GUARD = 'operator-guard.tenant-isolation.dev'
const targets = [...page('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, target]) => target)

describe('the pages that are typed', function () {
  this.timeout(240_000)
  let cluster: ChartCluster
  let operator: RunningRelease | undefined
  let typing: Typing

  const done = async (shown: string): Promise<string> => {
    const text = asHere(cluster.controlPlane, shown)
    const { code, answer } = await type(typing, text)
    if (code !== 0) throw new Error(`${text}: ${answer}`)
    return answer
  }

  /** Each command of each transcript, until it is answered as shown: what is about a second away may be asked for again. */
  const compared = async (section: string, by: Partial<Typing> = {}): Promise<void> => {
    const shown = blocks(section, '').flatMap(transcript)
    expect(shown).not.to.deep.equal([])
    for (const { command, answer } of shown)
      await eventually(
        async () => {
          const { answer: got } = await type({ ...typing, ...by }, command)
          if (!isAsShown(got, answer)) throw new Error(`${command}\nanswered:\n${got}\ninstead of:\n${answer}`)
        },
        { within: 30_000 },
      )
  }

  const start = async () => {
    operator = await cluster.run(NAMESPACE)
  }
  const stop = async () => {
    await operator?.stop()
    operator = undefined
  }

  /** What the page waits ten seconds for. Three of them, because guards of a tenant of that name that has just been deleted hold for one. */
  const guardsHold = () => {
    const holds = async () => expect((await type(typing, `${OPENING} --dry-run=server`)).answer).to.include('would open')
    return eventually(() => always(holds, { during: 3_000 }), { within: 60_000 })
  }

  before(async () => {
    cluster = await startChartCluster()
    const { kubectl, helm } = await ensureBinaries({ names: ['kubectl', 'helm'] })
    typing = { controlPlane: cluster.controlPlane, tools: [kubectl, helm] }
  })

  after(async () => {
    await stop()
    await cluster?.stop()
  })

  describe('docs/start.md', () => {
    it('names commands of make that there are', () => {
      const named = [...page('docs/start.md').matchAll(/\bmake ([a-z-]+)/g)].map(([, target = '']) => target)
      expect(named).to.include.members(['cluster-up', 'operator', 'cluster-down'])
      expect(targets).to.include.members(named)
    })

    it('installs the operator on a cluster of one’s own', async () => {
      const [, , helm = ''] = blocks(START.get('1. A cluster') ?? '', 'sh')
      // Nothing runs pods here, so no roll-out ends.
      await done(helm.replace(/^kubectl rollout status .*\n/m, ''))
      await start()
    })

    for (const heading of [...START.keys()].filter((title) => /^[2-6]\. /.test(title))) {
      it(`is right: ${heading}`, async () => {
        const text = START.get(heading) ?? ''
        for (const block of blocks(text, 'sh')) await (block === 'sleep 10\n' ? guardsHold() : done(block))
        await compared(text)
      })
    }
  })

  describe('what other pages show', () => {
    let folder: Folder
    const apply = (...texts: readonly string[]) => cluster.kubectl('apply --filename=-', texts.join('---\n'))
    const tenant = (spec: string) => `apiVersion: ${API_VERSION}\nkind: ${KIND}\nmetadata: {name: manning}\n${spec}`
    const SELECTOR = '  namespaceSelector: {matchLabels: {tenant: manning}}\n'
    const yamlOf = (path: string) => blocks(page(path), 'yaml')

    before(async () => {
      folder = temporaryFolder()
      await done('kubectl create namespace shop && kubectl create namespace warehouse')
    })

    after(() => folder.remove())

    it('docs/from-podsecuritypolicy.md: the way over', async () => {
      const moving = sections(page('docs/from-podsecuritypolicy.md')).get('Moving over') ?? ''
      const [warn = '', look = '', enforce = ''] = moving.split(/^(?=\d\. \*\*(?:Look|Enforce))/m)
      const converted = yamlOf('docs/from-podsecuritypolicy.md').find((text) => text.startsWith('# Converted')) ?? ''
      const warned = converted
        .replace('  podSecurity:\n', '  podSecurity:\n    mode: Warn\n')
        .replace('          readOnlyRootFilesystem: true\n', '')
      await done('kubectl create deployment web --image=nginx -n shop && kubectl create deployment toolbox --image=alpine -n shop')
      const privileged = { spec: { template: { spec: { containers: [{ name: 'alpine', securityContext: { privileged: true } }] } } } }
      await done(`kubectl patch deployment toolbox -n shop --patch='${JSON.stringify(privileged)}'`)
      await done(
        `kubectl patch deployment toolbox -n shop --type=json --patch='[{"op":"replace","path":"/spec/template/spec/containers/0/name","value":"toolbox"}]'`,
      )
      folder.file('manning.yaml', warned)
      await compared(warn, { folder: folder.path })
      await compared(look)
      await apply(warned.replace('    mode: Warn\n', ''))
      await compared(enforce)
      const [asked, ...others] = blocks(page('docs/from-podsecuritypolicy.md'), 'sh')
      await eventually(async () => expect(await done(asked ?? '')).to.equal('true\n'), { within: 10_000 })
      await done(others.find((text) => text.includes('set serviceaccount')) ?? '')
      await done('kubectl delete deployments --all -n shop && kubectl delete ti manning')
    })

    it('docs/access.md: the RoleBindings', async () => {
      await apply(tenant(yamlOf('docs/access.md')[0]?.replace('spec:\n', `spec:\n${SELECTOR}`) ?? ''))
      await compared(page('docs/access.md'))
      await done('kubectl delete ti manning')
    })

    it('docs/network.md: the policies, and docs/guards.md: what opens is refused', async () => {
      await done('kubectl create rolebinding alice --clusterrole=edit --user=alice -n shop && kubectl apply -f config/samples/manning.yaml')
      await compared(page('docs/network.md'))
      folder.file('allow-all.yaml', page('tools/demo/allow-all.yaml'))
      await guardsHold()
      await compared(page('docs/guards.md'), { user: 'alice', folder: folder.path })
    })

    it('docs/recipes: a warning without the profile, and none with it', async () => {
      const [recipe = '', daemonSet = ''] = yamlOf('docs/recipes/privileged-daemonset.md')
      folder.file('daemonset.yaml', daemonSet)
      const tried = 'kubectl apply -f daemonset.yaml --dry-run=server'
      await eventually(async () => expect((await type({ ...typing, folder: folder.path }, tried)).answer).to.include('Warning'), {
        within: 10_000,
      })
      await compared(page('docs/recipes/privileged-daemonset.md'), { folder: folder.path })
      await apply(recipe)
      const again = 'kubectl delete -f daemonset.yaml > /dev/null; kubectl apply -f daemonset.yaml'
      await eventually(
        async () =>
          expect((await type({ ...typing, folder: folder.path }, again)).answer).to.equal('daemonset.apps/log-collector created\n'),
        { within: 10_000 },
      )
      await done('kubectl create serviceaccount log-collector -n shop')
      const template = parse(daemonSet).spec.template
      await cluster.kubectl('create --as=alice --namespace=shop --dry-run=server --filename=-', {
        apiVersion: 'v1',
        kind: 'Pod',
        ...template,
        metadata: { name: 'collector' },
      })
    })

    it('docs/recipes: the commands of the ways over', async () => {
      const SAYS = /^bin\/tenant-isolation (impact|lint)/
      const pages = ['from-plain-namespaces', 'from-hnc'].flatMap((name) => blocks(page(`docs/recipes/${name}.md`), 'sh'))
      for (const command of pages.flatMap((block) => block.trim().split('\n'))) {
        const { code, answer } = await type(typing, command)
        // 1: there is something to tell.
        expect(code, `${command}: ${answer}`).to.be.oneOf(SAYS.test(command) ? [0, 1] : [0])
      }
    })

    it('docs/runbooks: what can be asked where no pod runs', async () => {
      const spans = pagesIn('docs/runbooks', '.md').flatMap((path) => codeIn(page(path)))
      const asked = [...new Set(spans.filter((code) => /^kubectl (get|describe ti)/.test(code)))]
      expect(asked).to.have.length.greaterThan(4)
      for (const command of asked) await done(command.replace('NAMESPACE', 'shop').replace('NAME', 'manning'))
    })

    it('docs/cli.md: files of a cluster, and pages', async () => {
      folder.file('tenants/manning.yaml', page('config/samples/manning.yaml'))
      const shown = (command: string) =>
        blocks(page('docs/cli.md'), 'sh').find((text) => text.includes(`tenant-isolation ${command} `)) ?? ''
      const [render, report] = [shown('render'), shown('report')]
      const here = report.replaceAll(' config/', ` ${ROOT}/config/`).replaceAll(' docs/', ` ${ROOT}/docs/`)
      for (const text of [render, here]) {
        const { code, answer } = await type({ ...typing, folder: folder.path }, text)
        expect(code, answer).to.equal(0)
      }
      await done('kubectl delete ti manning && kubectl delete namespace shop warehouse')
    })

    it('docs/rights.md: new tokens after a theft', async () => {
      await stop()
      const [byHelm = ''] = blocks(page('docs/rights.md'), 'sh')
      await done(`kubectl delete validatingadmissionpolicybinding ${GUARD}`)
      await done(byHelm)
      await done(`kubectl get validatingadmissionpolicybinding ${GUARD}`)
      await start()
    })
  })

  describe('docs/operations.md', () => {
    const shown = (heading: string) => blocks(OPERATIONS.get(heading) ?? '', 'sh')
    const TENANT = blocks(START.get('2. A tenant') ?? '', 'sh')[0] ?? ''
    const TOOLBOX = 'kubectl run toolbox --image=alpine --privileged -n shop --dry-run=server --as=alice --as-group=manning-developers'
    const policies = async () => (await cluster.names('networkpolicies', '--namespace=shop')).length

    it('upgrades and rolls back', async () => {
      const [upgrade, rollback] = shown('Upgrade')
      expect(await done(upgrade ?? '')).to.include('STATUS: deployed')
      expect(await done(rollback ?? '')).to.include('Rollback was a success')
    })

    it('leaves a tenant alone, and lets its network go', async () => {
      await eventually(() => done(TENANT), { within: 30_000 })
      const [suspend, disable] = shown('Break-glass')
      await done(suspend ?? '')
      await done('kubectl wait --for=condition=Ready=Unknown ti/manning && kubectl delete networkpolicy/tenant-isolation -n shop')
      expect(await policies()).to.equal(2)
      await done(disable ?? '')
      await eventually(async () => expect(await policies()).to.equal(0), { within: 10_000 })
    })

    it('lets pods pass while the operator is down', async () => {
      await done(`kubectl delete ti/manning namespace/shop\n${TENANT}`)
      await eventually(async () => expect((await type(typing, TOOLBOX)).answer).to.include('does not fit profile'), { within: 30_000 })
      await stop()
      await done(shown('Break-glass')[2] ?? '')
      await eventually(() => done(TOOLBOX), { within: 10_000 })
    })

    it('opens a namespace while the operator is down, by what is on the page alone', async () => {
      const [, , , open, release, scale] = shown('Break-glass')
      expect(await policies()).to.equal(3)
      await done(open ?? '')
      expect(await policies()).to.equal(0)
      await eventually(() => done(TOOLBOX), { within: 10_000 })
      await done(release ?? '')
      await eventually(() => done(OPENING), { within: 10_000 })
      await done(scale ?? '')
      const left = await cluster.names('validatingadmissionpolicybindings')
      expect(left.filter((name) => name.includes('/anchor.'))).to.have.length(7)
    })

    it('gets rid of a tenant whose operator is gone', async () => {
      await done(shown('Uninstall')[0] ?? '')
      await eventually(async () => expect(await cluster.names('ti')).to.deep.equal([]), { within: 10_000 })
    })

    it('docs/rights.md: new tokens after a theft, where kubectl has installed it', async () => {
      const [, byKubectl = ''] = blocks(page('docs/rights.md'), 'sh')
      await done(`kubectl delete validatingadmissionpolicybinding ${GUARD}`)
      await done(byKubectl)
      await done(`kubectl get validatingadmissionpolicybinding ${GUARD}`)
      await start()
    })
  })
})
