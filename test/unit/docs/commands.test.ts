/** Each page that shows commands is typed by a test, in the place that is named here; a page without commands is not named. */

import { expect } from 'chai'
import { page, pagesIn } from '../../support/markdown.ts'

const TYPED = 'test/install/docs-typed.test.ts'
const TYPED_BY: Readonly<Record<string, string>> = {
  'docs/access.md': TYPED,
  'docs/adopting.md': 'test/install/adopting.test.ts',
  'docs/check.md': 'test/install/check.test.ts',
  'docs/cli.md': 'test/unit/docs/cli.test.ts',
  'docs/from-podsecuritypolicy.md': TYPED,
  'docs/gitops.md': 'test/support/argocd.ts',
  'docs/guards.md': TYPED,
  'docs/install.md': 'test/install/chart/docs.test.ts',
  'docs/network.md': TYPED,
  'docs/operations.md': TYPED,
  'docs/recipes/from-hnc.md': TYPED,
  'docs/recipes/from-plain-namespaces.md': TYPED,
  'docs/recipes/privileged-daemonset.md': TYPED,
  'docs/rights.md': TYPED,
  'docs/start.md': TYPED,
}

const PAGES = ['docs', 'docs/recipes', 'docs/runbooks', 'docs/lint'].flatMap((folder) => pagesIn(folder, '.md'))
const showsCommands = (path: string) => /^ *```sh$|^ *\$ /m.test(page(path))

describe('the commands that the documentation shows', () => {
  it('are typed by a test, whichever page they are on', () => {
    expect(PAGES.filter(showsCommands).sort()).to.deep.equal(Object.keys(TYPED_BY).sort())
  })

  for (const [path, test] of Object.entries(TYPED_BY)) {
    it(`are typed by ${test}: ${path}`, () => {
      const folder = path.slice(0, path.lastIndexOf('/'))
      // Some pages of a folder are typed together, by their names.
      expect(page(test)).to.satisfy(
        (text: string) => text.includes(path) || (text.includes(folder) && text.includes(path.slice(folder.length + 1, -3))),
      )
    })
  }

  it('of make are there', () => {
    const targets = [...page('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, target]) => target)
    const shown = [...PAGES, 'README.md', 'CONTRIBUTING.md'].flatMap((path) =>
      [...page(path).matchAll(/(?:^|`|\$ )make ([a-z][a-z-]+)/gm)].map(([, name]) => name),
    )
    expect(shown).to.include('cluster-up')
    expect(shown.filter((name) => !targets.includes(name))).to.deep.equal([])
  })
})
