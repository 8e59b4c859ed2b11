/** docs/start.md and docs/operations.md, typed as they stand on a real API server, with the operator that the chart installs. */

import { expect } from 'chai'
import { ensureBinaries } from '../../tools/control-plane/binaries.ts'
import { eventually } from '../support/eventually.ts'
import { type ChartCluster, type RunningRelease, startChartCluster } from '../support/installed-chart.ts'
import { blocks, page, sections } from '../support/markdown.ts'
import { isAsShown, type Typing, transcript, type } from '../support/typed.ts'

const NAMESPACE = 'tenant-isolation-system'
const OPERATIONS = sections(page('docs/operations.md'))
const START = sections(page('docs/start.md'))
const OPENING = 'kubectl apply -f tools/demo/allow-all.yaml -n shop --as=alice --as-group=manning-developers'
const targets = [...page('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, target]) => target)

describe('the pages that are typed', function () {
  this.timeout(120_000)
  let cluster: ChartCluster
  let operator: RunningRelease | undefined
  let typing: Typing

  const done = async (text: string): Promise<string> => {
    const { code, answer } = await type(typing, text)
    if (code !== 0) throw new Error(`${text}: ${answer}`)
    return answer
  }

  /** Each command of each transcript, until it is answered as shown: what is about a second away may be asked for again. */
  const compared = async (section: string): Promise<void> => {
    const shown = blocks(section, '').flatMap(transcript)
    expect(shown).not.to.deep.equal([])
    for (const { command, answer } of shown)
      await eventually(
        async () => {
          const { answer: got } = await type(typing, command)
          if (!isAsShown(got, answer)) throw new Error(`${command}\nanswered:\n${got}\ninstead of:\n${answer}`)
        },
        { within: 10_000 },
      )
  }

  const start = async () => {
    operator = await cluster.run(NAMESPACE)
  }
  const stop = async () => {
    await operator?.stop()
    operator = undefined
  }

  /** What the page waits ten seconds for. */
  const guardsHold = () =>
    eventually(async () => expect((await type(typing, `${OPENING} --dry-run=server`)).answer).to.include('would open'), { within: 30_000 })

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
      expect(left.filter((name) => name.includes('/anchor.'))).to.have.length(3)
    })

    it('gets rid of a tenant whose operator is gone', async () => {
      await done(shown('Uninstall')[0] ?? '')
      await eventually(async () => expect(await cluster.names('ti')).to.deep.equal([]), { within: 10_000 })
    })
  })
})
