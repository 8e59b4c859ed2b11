/** A flow between two tenants takes a rule of each: status of both says whose is missing, and nothing once both agree. */

import { expect } from 'chai'
import type { Network } from '../../src/api/network.ts'
import { callText } from '../support/audit.ts'
import { namespacesOf } from '../support/build.ts'
import { always, eventually } from '../support/eventually.ts'
import { end, type Kube, openKube } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

const [WEB, BANK] = ['one-sided-web', 'one-sided-bank']

describe('a rule that lists another tenant', function () {
  this.timeout(60_000)

  let kube: Kube
  let running: RunningOperator

  const out: Network = { egress: [{ name: 'payments', to: [{ tenant: BANK }], ports: [{ port: 443 }] }] }
  const lets: Network = { ingress: [{ name: 'web', from: [{ tenant: WEB }], ports: [{ port: 443 }] }] }
  const apply = (tenant: string, network: Network = { intraTenant: 'None' }) =>
    kube.applyTenant(tenant, { namespaceSelector: namespacesOf(tenant), network })

  before(async () => {
    kube = await openKube()
    running = await startOperator()
    for (const tenant of [WEB, BANK]) {
      await kube.createNamespace(`${tenant}-1`, { tenant })
      await apply(tenant)
    }
    for (const tenant of [WEB, BANK]) await kube.ready(tenant)
  })

  after(() => end(kube, running))

  const rowsOf = async (tenant: string) => (await kube.tenant(tenant)).status?.network?.oneSided
  const both = (check: (rows: Awaited<ReturnType<typeof rowsOf>>) => void) =>
    eventually(async () => {
      for (const tenant of [WEB, BANK]) check(await rowsOf(tenant))
    })

  it('and that nobody answers is in the status of both, with who has to write what', async () => {
    await apply(WEB, out)
    const row = {
      tenant: WEB,
      rule: 'egress/payments',
      missingIn: BANK,
      direction: 'Ingress',
      message:
        'egress/payments of tenant one-sided-web allows connections to tenant one-sided-bank, and no ingress rule of one-sided-bank lets one-sided-web in on TCP 443, so that nothing passes: one-sided-bank has to add an ingress rule with from: [{tenant: one-sided-web}], or one-sided-web takes its rule away',
    }
    await both((rows) => expect(rows).to.deep.equal([row]))
    await kube.ready(WEB)
  })

  it('is said no more once the other one answers, on one of its ports', async () => {
    await apply(BANK, { ingress: [{ name: 'web', from: [{ tenant: WEB }], ports: [{ port: 80 }] }] })
    await both((rows) =>
      expect(rows?.map(({ tenant, rule }) => `${tenant} ${rule}`)).to.have.members([`${WEB} egress/payments`, `${BANK} ingress/web`]),
    )
    await apply(BANK, lets)
    await both((rows) => expect(rows).to.equal(undefined))
  })

  it('is said of ingress as well', async () => {
    await apply(WEB)
    await both((rows) =>
      expect(rows?.map(({ message }) => message)).to.deep.equal([
        'ingress/web of tenant one-sided-bank allows connections from tenant one-sided-web, and no egress rule of one-sided-web lets its pods connect to one-sided-bank on TCP 443, so that nothing passes: one-sided-web has to add an egress rule with to: [{tenant: one-sided-bank}], or one-sided-bank takes its rule away',
      ]),
    )
  })

  it('needs no answer where the other one closes nothing', async () => {
    await apply(WEB, { mode: 'Audit' })
    await both((rows) => expect(rows).to.equal(undefined))
    await apply(WEB)
    await both((rows) => expect(rows).to.have.lengthOf(1))
  })

  it('by the labels of namespaces asks whoever has such a namespace, from when it has', async () => {
    await apply(BANK, {
      ingress: [{ name: 'labelled', from: [{ namespaceSelector: { matchLabels: { 'one-sided': 'yes' } } }], ports: [{ port: 443 }] }],
    })
    await both((rows) => expect(rows).to.equal(undefined))
    await kube.labelNamespace(`${WEB}-1`, { 'one-sided': 'yes' })
    await both((rows) => expect(rows?.map(({ rule, missingIn }) => `${rule} ${missingIn}`)).to.deep.equal([`ingress/labelled ${WEB}`]))
  })

  it('costs no call for as long as it stays so, and none after a restart', async () => {
    await running.stop()
    const mark = await kube.audit.mark()
    running = await startOperator()
    await kube.createNamespace('one-sided-unrelated', { tenant: 'nobody' })
    await always(() => {}, { during: 1_500 })
    const calls = (await kube.audit.since(mark)).filter(({ name, verb }) => [WEB, BANK].includes(name) && verb !== 'watch')
    expect(calls.map(callText)).to.deep.equal([])
  })

  it('is forgotten with its tenant', async () => {
    await kube.deleteTenant(BANK)
    await eventually(async () => expect(await rowsOf(WEB)).to.equal(undefined))
  })
})
