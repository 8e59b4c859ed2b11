/** `matrix` over the book's cluster, as a person meets it. The grid of docs/cli.md is compared in test/unit/docs. */

import { expect } from 'chai'
import { ACME, CLUSTER, MANNING } from '../../support/book.ts'
import { type Folder, temporaryFolder } from '../../support/cli.ts'
import { call } from '../../support/shell.ts'

const FILES = ['-f', CLUSTER, '-f', MANNING, '-f', ACME]

type Cell = {
  readonly from: string
  readonly to: string
  readonly ports: readonly object[]
  readonly pairs: number
  readonly allPairs: number
}

describe('matrix', function () {
  this.timeout(20_000)
  const matrix = async (...args: readonly string[]) => {
    const { stdout, refused, stderr } = await call('matrix', ...args)
    expect(refused, stderr).to.equal(false)
    return stdout
  }
  let folder: Folder
  before(() => {
    folder = temporaryFolder()
  })
  after(() => folder.remove())

  it('says line by line what does not fit into 100 columns; who reaches the same stands together', async () => {
    expect(await matrix(...FILES, '--by', 'namespace')).to.equal(`FROM                              PORTS                     TO
acme                              all                       acme
acme, shop, warehouse             TCP+UDP 53                kube-system
acme, shop, warehouse             all?                      kube-system (host network)
acme                              TCP 443                   Internet
ingress-nginx                     all                       kube-system,
                                                            kube-system (host network),
                                                            Internet, API server, Elsewhere
kube-system,                      all                       ingress-nginx, kube-system,
kube-system (host network)                                  kube-system (host network),
                                                            Internet, API server, Elsewhere
shop                              TCP 5432*                 shop
kube-system (host network)        all?                      acme, shop, warehouse
Internet, API server, Elsewhere   all                       ingress-nginx, kube-system,
                                                            kube-system (host network)
Elsewhere                         all* for 192.168.1.0/24   shop

? depends on the network plugin
* only between some of the pods
`)
  })

  it('is open where there are no policies', async () => {
    const { by, cells } = JSON.parse(await matrix('-f', CLUSTER, '-o', 'json')) as { by: string; cells: readonly Cell[] }
    expect(by, 'there are no tenants').to.equal('namespace')
    const shop = cells.find(({ from, to }) => from === 'acme' && to === 'shop')
    expect([shop?.pairs, shop?.allPairs]).to.deep.equal([10, 10])
    expect(shop?.ports).to.deep.equal(['TCP', 'UDP', 'SCTP'].map((protocol) => ({ protocol, port: 1, endPort: 65535 })))
  })

  it('marks what is only open because of a policy of somebody else', async () => {
    const foreign = folder.file(
      'foreign.yaml',
      `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: open, namespace: shop}, spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]}}`,
    )
    const row = (text: string, name: string) => text.split('\n').find((line) => line.startsWith(name))
    expect(row(await matrix(...FILES), 'no tenant')).to.match(/^no tenant +\. +\. /)
    expect(row(await matrix(...FILES, '-f', foreign), 'no tenant')).to.match(/^no tenant +\. +TCP 80!\* /)
    expect(await matrix(...FILES, '-f', foreign)).to.include('\n! only because of a policy that is not from a TenantIsolation\n')
  })

  it('looks at the workloads of one namespace, with the tenants around it, and counts what it left out', async () => {
    const text = await matrix(...FILES, '--by', 'workload', '-n', 'shop')
    expect(text).to.match(/shop\/Deployment\/webserver +TCP 5432 +shop\/StatefulSet\/database/)
    expect(text).not.to.include('acme/').and.not.to.include('warehouse/')
    expect(text).to.match(/\nleft out: \d+ cells between others than shop\n$/)
  })

  it('is a table for a pull request', async () => {
    const text = await matrix(...FILES, '-o', 'markdown')
    expect(text).to.include('| manning | . | TCP 5432\\* | TCP+UDP 53 | all? | . | . | . | . |\n')
  })

  it('refuses what nobody could read, and says how to ask for less', async () => {
    const pods = Array.from(
      { length: 1001 },
      (_, index) => `{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: n${index}}, spec: {containers: []}}`,
    )
    const many = folder.file('many.yaml', pods.join('\n---\n'))
    const { refused, stderr } = await call('matrix', '-f', many)
    expect([refused, stderr]).to.deep.equal([
      true,
      '1,001 namespaces are too many for one matrix; narrow it with -n, or take a coarser --by\n',
    ])
  })
})
