/** Silencing a code on one object, with a reason. */

import { expect } from 'chai'
import { linted, namespace, places, podYaml, policyYaml, serviceYaml, tenant } from '../../support/lint.ts'

const EVERY_PORT = '{ingress: [{name: a, from: [{cidr: 192.0.2.0/24}]}]}'
const silenced = (text: string, network = EVERY_PORT) =>
  tenant(network, { annotations: `{tenant-isolation.dev/lint-ignore: ${JSON.stringify(text)}}` })
const codes = (yaml: string) => linted(yaml, 'files').findings.map(({ code }) => code)
const sentence = (yaml: string) => linted(yaml, 'files').findings.find(({ code }) => code === 'TI012')?.message

describe('an annotation that silences a lint code', () => {
  it('takes the finding away and keeps its reason', () => {
    expect(codes(tenant(EVERY_PORT))).to.deep.equal(['TI003'])
    const { findings, silenced: quiet } = linted(silenced('TI003=the office may use every port'), 'files')
    expect(findings).to.deep.equal([])
    expect(quiet.map(({ code, reason }) => `${code}: ${reason}`)).to.deep.equal(['TI003: the office may use every port'])
  })

  it('takes several codes, with semicolons or on lines of their own', () => {
    const both = '{defaultDeny: [Ingress], ingress: [{name: a, from: [{cidr: 192.0.2.0/24}]}]}'
    for (const text of ['TI003=a; TI010=b', 'TI003=a\nTI010 = b\n']) expect(codes(silenced(text, both)), text).to.deep.equal([])
  })

  it('silences on its own object only', () => {
    const other = tenant(EVERY_PORT, { name: 'acme' })
    expect(places('TI003', silenced('TI003=fine') + other)).to.deep.equal(['TenantIsolation acme spec.network.ingress[0]'])
  })

  it('works on Services and NetworkPolicies as well', () => {
    const annotation = (text: string) => `{tenant-isolation.dev/lint-ignore: ${text}}`
    const deny = policyYaml('shop/deny', '{podSelector: {}}', annotation('TI010=the firewall closes egress'))
    const service = serviceYaml('shop/web', '{type: NodePort}', annotation('TI009=the way in'))
    expect(codes(deny + service)).to.deep.equal([])
  })

  it('has to give a reason, a code that is known, and something to silence', () => {
    expect(sentence(silenced('TI003'))).to.equal('gives no reason to silence TI003; write one behind it, such as TI003=why that is fine')
    expect(sentence(silenced('TI003= '))).to.include('gives no reason')
    expect(sentence(silenced('TI999=x'))).to.equal(
      '"TI999" is no code that can be silenced; write CODE=REASON, such as TI003=the office may use every port',
    )
    expect(sentence(silenced(''))).to.include('is empty')
    expect(sentence(silenced('TI010=x', '{}'))).to.equal(
      'silences TI010, of which there is nothing to silence here (any more); take it away',
    )
    expect(codes(silenced('TI003'))).to.deep.equal(['TI012', 'TI003'])
  })

  it("does not let whoever opens a tenant's network silence that themselves: the tenant's resource has to say it", () => {
    const text = (code: string) => `{tenant-isolation.dev/lint-ignore: ${code}=it is fine}`
    const shop = namespace('shop', '{tenant: manning}') + podYaml('shop/web') + podYaml('other/x')
    const open = (annotations?: string) =>
      policyYaml('shop/open', '{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]}', annotations)
    expect(places('TI011', shop + tenant('{}') + open(text('TI011')))).to.deep.equal(['NetworkPolicy shop/open'])
    expect(places('TI011', shop + tenant('{}', { annotations: text('TI011') }) + open())).to.deep.equal([])
  })
})
