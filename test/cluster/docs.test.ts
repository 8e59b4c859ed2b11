/** Whatever YAML README, docs/, config/samples and the tenants of examples/gitops show is taken by the API server as it stands. */

import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { parseConfiguration } from '../../src/api/configuration.ts'
import { API_VERSION, KIND } from '../../src/api/labels.ts'
import { expectationsIn, TEST_KIND } from '../../src/cli/test/expectations.ts'
import { end, type Kube, openKube } from '../support/kube.ts'
import { blocks, page, pagesIn } from '../support/markdown.ts'

type Shown = {
  readonly kind?: string
  readonly metadata?: { readonly namespace?: string }
  readonly spec?: { readonly ipFamilyPolicy?: string }
}

/** A part of a resource is shown without what is around it. */
const FRAME = { apiVersion: API_VERSION, kind: KIND, metadata: { name: 'docs' } }
/** Instead of those that are shown, which are not there. */
const NAMESPACE = 'docs-shown'
const SELECTOR = { namespaceSelector: { matchLabels: { tenant: 'docs' } } }

const shown: readonly (readonly [where: string, text: string])[] = [
  ...['README.md', ...['docs', 'docs/recipes', 'docs/lint'].flatMap((folder) => pagesIn(folder, '.md'))].flatMap((file) =>
    blocks(page(file), 'yaml').map((text, index) => [`${file}, YAML number ${index + 1}`, text] as const),
  ),
  ...['config/samples', 'examples/gitops/tenants'].flatMap((folder) => pagesIn(folder, '.yaml').map((file) => [file, page(file)] as const)),
]

describe('the YAML that is shown', function () {
  this.timeout(60_000)
  let kube: Kube | undefined

  before(async () => {
    kube = await openKube()
    await kube.createNamespace(NAMESPACE)
  })

  after(() => end(kube, undefined))

  it('is found', () => {
    expect(shown).to.have.length.greaterThan(6)
  })

  for (const [where, text] of shown) {
    it(`is taken as it stands: ${where}`, async () => {
      for (const document of parseAllDocuments(text)) {
        const object = document.toJS() as Shown
        if (object.kind === 'OperatorConfiguration') {
          expect(parseConfiguration(object)).not.to.have.property('violations')
          continue
        }
        // This control plane has one address family.
        if (object.spec?.ipFamilyPolicy === 'RequireDualStack') continue
        // Read by the command line, and never sent to an API server.
        if (object.kind === TEST_KIND) {
          expect(expectationsIn({ file: where, text })).not.to.have.property('mistakes')
          continue
        }
        const placed =
          object.metadata?.namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } }
        const whole = object.kind === undefined ? { ...FRAME, spec: { ...SELECTOR, ...object.spec } } : placed
        await kube?.kubectl('apply --server-side --force-conflicts --dry-run=server --validate=strict --filename=-', whole)
      }
    })
  }
})
