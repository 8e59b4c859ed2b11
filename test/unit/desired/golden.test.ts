/**
 * What a reader of the book would write, and what becomes of it: one file per listing, with the resource first and the policies
 * behind it. `UPDATE_GOLDEN=1` rewrites the policies; the resource and the comments stay as they are.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { RULES_ANNOTATION } from '../../../src/api/labels.ts'
import { violations } from '../../../src/api/tenant-isolation.ts'
import { tenantPolicies } from '../../../src/desired/network/policies.ts'
import { factsWith, type Manifest } from '../../support/build.ts'

const FOLDER = join(import.meta.dirname, 'golden')
const SEPARATOR = '---\n'

/** In a namespace whose only labels are those that make it the tenant's. */
function policiesOf({ spec: { namespaceSelector, network = {} } }: Manifest): readonly object[] {
  const { of, unresolved } = tenantPolicies(network, namespaceSelector, factsWith())
  expect(unresolved).to.deep.equal([])
  return of(namespaceSelector.matchLabels ?? {}).map(({ name, rules, spec }) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, annotations: { [RULES_ANNOTATION]: rules.join(', ') } },
    spec,
  }))
}

function yaml(object: object): string {
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' })
}

describe('the examples of Kubernetes in Action, section 13.4', () => {
  for (const file of readdirSync(FOLDER).sort()) {
    it(`${file} reads as the book means it`, () => {
      const path = join(FOLDER, file)
      const [input = '', ...expected] = readFileSync(path, 'utf8').split(SEPARATOR)
      const resource: Manifest = parse(input)
      expect(violations(resource)).to.deep.equal([])
      const policies = policiesOf(resource)
      if (process.env.UPDATE_GOLDEN) writeFileSync(path, [input, ...policies.map(yaml)].join(SEPARATOR))
      else expect(parseAllDocuments(expected.join(SEPARATOR)).map((document) => document.toJS())).to.deep.equal(policies)
    })
  }

  it('has a file for each of the listings 13.21 to 13.25', () => {
    const listings = readdirSync(FOLDER).flatMap((file) => /^13\.2\d/.exec(file) ?? [])
    expect(listings.sort()).to.deep.equal(['13.21', '13.22', '13.23', '13.24', '13.25'])
  })
})
