/** The five listings of Kubernetes in Action, section 13.4, and the tenant that they become: what lint says of them. */

import { expect } from 'chai'
import { lintSubject } from '../../../src/cli/lint/input.ts'
import { refText } from '../../../src/lint/finding.ts'
import { lint } from '../../../src/lint/lint.ts'
import { ACME, CLUSTER, MANNING, snapshotFrom } from '../../support/book.ts'

const LISTINGS = 'docs/examples/book/listings.yaml'

function said(...files: readonly string[]): readonly string[] {
  const { input, annotated } = lintSubject(snapshotFrom(files), 'files')
  return lint(input, annotated).findings.map(({ code, object, field }) => `${code} ${refText(object)} ${field}`)
}

describe("lint of the book's listings", () => {
  it('points out the egress that listing 13.21 leaves open, for the pods that listing 13.25 does not hold back', () => {
    const { input } = lintSubject(snapshotFrom([CLUSTER, LISTINGS]), 'files')
    const [finding] = lint(input).findings.filter(({ code }) => code === 'TI010')
    expect(finding && `${refText(finding.object)}: ${finding.field}: ${finding.message}`).to.equal(
      'NetworkPolicy shop/default-deny: spec.policyTypes: closes ingress and leaves egress open: shop/database-0, shop/shopping-cart-85c7b9d6f-9xk4j, shop/shopping-cart-85c7b9d6f-hw7tz may connect to anywhere that is not closed on the other side; write policyTypes: [Ingress, Egress], with a rule for DNS beside it',
    )
  })

  it('says so without any pod, too', () => {
    expect(said(LISTINGS)).to.deep.equal([
      'TI010 NetworkPolicy shop/default-deny spec.policyTypes',
      'TI003 NetworkPolicy shop/shopping-cart-from-office spec.ingress[0]',
    ])
  })

  it('has nothing of the kind to say of the resource that closes both directions', () => {
    expect(said(CLUSTER, MANNING, ACME)).to.deep.equal([
      'TI009 Service acme/website spec.type',
      'TI003 TenantIsolation manning spec.network.ingress[2]',
      'TI008 TenantIsolation manning spec.podSecurity.profiles[1]',
    ])
  })
})
