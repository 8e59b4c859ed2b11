/** People with quotes, backslashes and CEL in their names, and namespaces with such annotations: judged like all others, and told so in one line. */

import { expect } from 'chai'
import { NAMESPACES, NETWORK_POLICIES } from '../../../src/reconcile/resources.ts'
import { labelled } from '../../support/build.ts'
import { allowed, type GuardedCluster, guardedCluster, onTenants, type Person, refusal, refused } from '../../support/guards.ts'
import { HOSTILE_NAMES, HOSTILE_TEXTS } from '../../support/hostile.ts'
import { networkPolicy } from '../../support/kube.ts'
import { person } from '../../support/people.ts'

const TENANT = 'strings'
const AT = { namespace: 'strings-shop', name: 'tenant-isolation' }
const dryRun = { dryRun: true }

/** Somebody may write what the guards look at, and somebody else may override them. */
const WRITES = [
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['*'] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['*'] },
]
const master = (name: string) => `master of ${name}`

describe('somebody with a hostile name', function () {
  this.timeout(120_000)
  let cluster: GuardedCluster

  before(async () => {
    cluster = await guardedCluster()
    const annotations = Object.fromEntries(HOSTILE_TEXTS.map((text, index) => [`text-${index}`, text]))
    await cluster.make(NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'strings-shop', labels: { guarded: TENANT }, annotations },
    } as never)
    await cluster.namespace('strings-out')
    const tenant = await cluster.tenant(TENANT, { namespaceSelector: labelled({ guarded: TENANT }) })
    await cluster.child('strings-shop', tenant)
    for (const [index, name] of HOSTILE_NAMES.entries()) {
      await cluster.allow(name, `strings-${index}`, WRITES)
      await cluster.allow(master(name), `strings-master-${index}`, [...WRITES, onTenants(['override', 'assign'])])
    }
    const last = as(HOSTILE_NAMES.at(-1) ?? '')
    await refused(() => open(last), 'boundary')
    await refused(() => join(last), 'assign')
    await allowed(() => join(as(master(HOSTILE_NAMES.at(-1) ?? ''))))
  })

  after(async () => {
    await cluster.clear()
  })

  const as = (name: string): Person => cluster.as(person(name))
  const open = ({ client }: Person) =>
    client.create(NETWORK_POLICIES, networkPolicy('strings-shop', 'own', { podSelector: {}, ingress: [{}] }), dryRun)
  const narrow = ({ client }: Person) =>
    client.create(
      NETWORK_POLICIES,
      networkPolicy('strings-shop', 'own', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }),
      dryRun,
    )
  const join = ({ client }: Person) =>
    client.patch(NAMESPACES, { name: 'strings-out' }, { type: 'merge', body: { metadata: { labels: { guarded: TENANT } } } }, dryRun)
  const change = ({ client }: Person) =>
    client.patch(NETWORK_POLICIES, AT, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } }, dryRun)

  for (const name of HOSTILE_NAMES) {
    it(`${JSON.stringify(name)} is refused what everybody is refused, and told so in one line`, async () => {
      const who = as(name)
      await narrow(who)
      expect(await refusal(open(who))).to.match(
        /denied request: NetworkPolicy own would open the boundary of tenant strings: a rule in ingress without from lets everybody through: name peers$/,
      )
      const says = async (attempt: Promise<unknown>) => (await refusal(attempt)).replace(/^.*denied request: /s, '')
      expect(await says(join(who))).to.equal(
        `the labels of namespace strings-out would bring it into the tenant; that takes verb assign on tenantisolation strings, which ${name} does not have`,
      )
      expect(await says(change(who)))
        .to.match(/^NetworkPolicy tenant-isolation has .*, which .* does not have$/)
        .and.to.include(`which ${name} does`)
    })

    it(`${JSON.stringify(name)} is in the audit log under that name, whatever was needed`, async () => {
      const who = as(master(name))
      const found = async (key: string, attempt: (by: Person) => Promise<unknown>) => {
        const audited = await cluster.audited(key, async () => {
          await attempt(who)
        })
        return audited.map(({ text }) => text)
      }
      const user = master(name)
      expect(await found('membership-guard.tenant-isolation.dev/needs-assign', join)).to.deep.equal([`${user}: bring it into the tenant`])
      expect(await found('children-guard.tenant-isolation.dev/needs-override', change)).to.deep.equal([
        `${user}: UPDATE of NetworkPolicy tenant-isolation`,
      ])
      expect(await found('network-guard.tenant-isolation.dev/needs-override', open)).to.deep.equal([
        `${user}: a rule in ingress without from lets everybody through: name peers`,
      ])
    })
  }
})
