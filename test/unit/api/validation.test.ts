import { expect } from 'chai'
import { violations } from '../../../src/api/tenant-isolation.ts'
import { tenantIsolation } from '../../support/build.ts'
import { ACCEPTED, REFUSED } from '../../support/invalid-resources.ts'

describe('the schema, offline', () => {
  for (const [subject, cases] of Object.entries(REFUSED)) {
    describe(`refuses ${subject}:`, () => {
      for (const { name, resource, field, says } of cases) {
        it(name, () => {
          const sentence = violations(resource).find((text) => text.includes(field) && text.includes(says))
          expect(sentence, violations(resource).join('\n') || 'it was accepted').to.be.a('string')
        })
      }
    })
  }

  describe('takes', () => {
    for (const { name, resource } of ACCEPTED) {
      it(name, () => {
        expect(violations(resource)).to.deep.equal([])
      })
    }
  })

  it('begins each sentence with the field, in the spelling of kubectl', () => {
    const network = { mode: 'Preview', ingress: [{ name: 'Cart', from: [{ cidr: '192.168.1.1/24' }, {}] }] }
    expect(
      violations({ ...tenantIsolation(), spec: { namespaceSelector: { matchLabels: { 'a.example/b': 'x y' } }, network } }),
    ).to.deep.equal([
      'spec.namespaceSelector.matchLabels[a.example/b]: should match \'^([A-Za-z0-9]([-\\w.]*[A-Za-z0-9])?)?$\': at most 63 letters, digits, -, _ and ., with a letter or a digit at both ends; the empty one is written ""',
      'spec.network.mode: supported values: "Enforce", "Audit", "Disabled"',
      'spec.network.ingress[0].name: write a DNS label: at most 63 lower-case letters, digits and -, with a letter or a digit at both ends',
      'spec.network.ingress[0].from[0].cidr: 192.168.1.1/24 is not canonical; write 192.168.1.0/24',
      'spec.network.ingress[0].from[1]: a peer has exactly one form: pods (podSelector and/or namespaceSelector), tenant, cidr, platform, or preset; write two peers instead of two forms',
    ])
  })

  it('says what a mode may be when YAML has made something else of the word', () => {
    expect(violations({ ...tenantIsolation(), spec: { ...tenantIsolation().spec, network: { mode: false } } })).to.deep.equal([
      'spec.network.mode: must be of type string; supported values: "Enforce", "Audit", "Disabled"',
    ])
  })

  it('says something, and does not throw, whatever it is given', () => {
    for (const nothing of [undefined, null, 7, 'text', [], {}, { metadata: null, spec: [] }]) {
      expect(violations(nothing), String(nothing)).not.to.be.empty
    }
  })
})
