/**
 * Invariant 2 on the real API server: the operator is cut off, or killed, between any two of its writes, and begins anew, sometimes with
 * something else asked for. Every state that the API server went through is judged by the evaluator.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Network } from '../../src/api/network.ts'
import type { NetworkPolicy } from '../../src/reconcile/policy-entry.ts'
import { OPERATOR_NAMESPACE } from '../../tools/control-plane/install.ts'
import { ADDRESSES, denseNetwork } from '../support/arbitrary-change.ts'
import { Allowed, type Bounds, disturbances, endsOf, READINGS } from '../support/between.ts'
import { namespacesOf } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import type { FaultProxy, Seen } from '../support/fault-proxy.ts'
import { end, type Kube, openKube } from '../support/kube.ts'
import { startProxy } from '../support/kube-setup.ts'
import { installedCluster, type RunningOperator, startOperator } from '../support/operator.ts'
import { startOperatorProcess } from '../support/operator-process.ts'
import type { PolicyHistory } from '../support/policy-history.ts'
import { pod } from '../support/reach.ts'

/** How often the operator is cut off, and how often its process is killed; CUTS=200 KILLS=50 for more. */
const CUTS = Number(process.env.CUTS ?? 6)
const KILLS = Number(process.env.KILLS ?? 2)

const TENANT = 'every-write'
const FRONT = 'every-write-front'
const BACK = 'every-write-back'
const NAMESPACES = { [FRONT]: { tenant: TENANT, app: 'a' }, [BACK]: { tenant: TENANT, app: 'b' }, 'every-write-apart': {} }
const PODS = Object.keys(NAMESPACES).flatMap((namespace) => ['a', 'b'].map((name) => pod(`${namespace}/${name}`, { app: name })))
const ENDS = endsOf(PODS, ADDRESSES, NAMESPACES)

const journey = fc.record({
  old: denseNetwork([TENANT]),
  next: denseNetwork([TENANT]),
  later: fc.option(denseNetwork([TENANT]), { nil: undefined }),
  /** Writes until the operator is gone. */
  writes: fc.nat({ max: 4 }),
  reading: fc.constantFrom(...READINGS),
})
type Journey = typeof journey extends fc.Arbitrary<infer T> ? T : never

/** An operator that reaches the API server through a proxy. */
type Life = { readonly end: () => Promise<void> }

describe('on the real API server, after every single write', function () {
  this.timeout(600_000)

  let kube: Kube
  let history: PolicyHistory
  let proxy: FaultProxy
  let running: RunningOperator | undefined

  before(async () => {
    kube = await openKube()
    proxy = await startProxy()
    for (const [namespace, labels] of Object.entries(NAMESPACES)) {
      await kube.createNamespace(namespace, labels)
      await kube.createPod(namespace, 'a', { app: 'a' })
    }
    history = await kube.recordPolicies()
  })

  after(async () => {
    running ??= await startOperator()
    await end(kube, running)
    await proxy.close()
  })

  /** How many states there were until now: the watch has brought them all. */
  const seenSoFar = async (): Promise<number> => (await history.statesSince(0, FRONT, BACK)).length

  const policies = async (): Promise<readonly NetworkPolicy[]> =>
    (await Promise.all([FRONT, BACK].map((name) => kube.policies(name)))).flat() as never

  const ask = (network: Network) => kube.applyTenant(TENANT, { namespaceSelector: namespacesOf(TENANT), network })

  const settle = async (network: Network): Promise<readonly NetworkPolicy[]> => {
    await ask(network)
    await kube.ready(TENANT, { within: 30_000 })
    return await policies()
  }

  /** Whether the operator was gone before it was done. */
  const travel = async ({ old, next, later, writes, reading }: Journey, begin: () => Promise<Life>): Promise<boolean> => {
    const first = await begin()
    // Both ends as they are when nothing happens on the way.
    const after = await settle(next)
    const before = await settle(old)
    const mark = await seenSoFar()
    let passed = 0
    const isOneTooMany = (request: Seen): boolean => isPolicyWrite(request) && ++passed > writes
    const cut = proxy.inject(isOneTooMany, { kind: 'cut' }, Number.POSITIVE_INFINITY)
    await ask(next)
    await eventually(async () => cut.hits > 0 || (await kube.ready(TENANT, { within: 0 })), { within: 30_000 })
    const gone = cut.hits > 0
    await first.end()
    cut.remove()
    const there = await policies()
    const turned = await seenSoFar()
    // Asked for while there is no operator.
    if (later) await ask(later)
    const second = await begin()
    const wanted = await settle(later ?? next)
    await second.end()
    const states = (await history.statesSince(0, FRONT, BACK)).slice(mark)
    const way = [before, after] as const
    const turn = [there, wanted] as const
    const between = (all: readonly (readonly NetworkPolicy[])[], ways: Bounds['ways']): Bounds => ({
      ends: ENDS,
      reading,
      states: all.map((some) => new Allowed(some, ENDS, reading)),
      ways,
    })
    const until = between(later && gone ? [...way, wanted] : way, [way, turn])
    const since = between(turn, [turn])
    const now = new Map([FRONT, BACK].map((name) => [name, before.filter(({ metadata }) => metadata.namespace === name)]))
    for (const [index, { namespace, change, name, policies: own }] of states.entries()) {
      now.set(namespace, [...own.values()] as NetworkPolicy[])
      for (const bounds of mark + index < turned ? [between(way, [way])] : [until, since]) {
        const { disturbed } = disturbances(bounds, [...now.values()].flat(), namespace)
        expect(disturbed, `${change} ${namespace}/${name}\n${disturbed.join('\n')}\n`).to.have.lengthOf(0)
      }
    }
    expect(specs([...now.values()].flat())).to.deep.equal(specs(wanted))
    return gone
  }

  const travelAll = async (count: number, seed: number, begin: () => Promise<Life>): Promise<void> => {
    let gone = 0
    for (const each of fc.sample(journey, { numRuns: count, seed })) {
      if (await travel(each, begin)) gone++
    }
    expect(gone, 'ways that were broken off').to.be.greaterThan(count / 3)
  }

  it('flows lie between the old and the new state when the operator is cut off between any two writes', async () => {
    await travelAll(CUTS, 20261126, async () => {
      const operator = await startOperator({ server: proxy.url })
      return { end: () => operator.stop() }
    })
  })

  it('flows lie between the old and the new state when the process of the operator is killed', async () => {
    await travelAll(KILLS, 20261127, () => startKillable(proxy.url, kube))
  })
})

function isPolicyWrite({ method, url }: Seen): boolean {
  return method !== 'GET' && url.includes('/networkpolicies')
}

function specs(policies: readonly NetworkPolicy[]): readonly string[] {
  return policies.map(({ metadata: { namespace, name }, spec }) => JSON.stringify([namespace, name, spec])).sort()
}

/** A killed operator lets go of nothing, so its Lease is taken away from it. */
async function startKillable(server: string, kube: Kube): Promise<Life> {
  const directory = await mkdtemp(join(tmpdir(), 'every-write-'))
  const kubeconfig = join(directory, 'kubeconfig')
  await writeFile(kubeconfig, await kubeConfigFor(server))
  const operator = await startOperatorProcess(kubeconfig)
  return {
    async end() {
      await operator.kill()
      await kube.kubectl(`delete lease tenant-isolation --namespace=${OPERATOR_NAMESPACE}`)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function kubeConfigFor(server: string): Promise<string> {
  const { kubeconfig } = await installedCluster()
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  config.clusters = config.clusters.map((cluster) => ({ ...cluster, server, skipTLSVerify: true }))
  return config.exportConfig()
}
