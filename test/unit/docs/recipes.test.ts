/** docs/recipes: what each says of flows is so, and none of them has a finding of lint. */

import { join } from 'node:path'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { TEST_KIND } from '../../../src/cli/test/expectations.ts'
import { type Folder, temporaryFolder } from '../../support/cli.ts'
import { blocks, page, pagesIn, rows } from '../../support/markdown.ts'
import { call } from '../../support/shell.ts'

const CLUSTER = ['cluster.yaml', 'recipes.yaml'].flatMap((file) => ['-f', join(import.meta.dirname, '../../../docs/examples', file)])
const RECIPES = pagesIn('docs/recipes', '.md').filter((file) => !file.endsWith('README.md'))
const kindsIn = (text: string) => parseAllDocuments(text).map((document) => (document.toJS() as { kind?: string }).kind)
const yamlOf = (file: string) => blocks(page(file), 'yaml')
const testsOf = (file: string) => yamlOf(file).filter((text) => kindsIn(text).includes(TEST_KIND))

/** A recipe about the network shows no profiles (TI008), and the namespaces of some are elsewhere (TI006). */
const LEFT_OUT = ['TI006', 'TI008']

describe('the recipes of the documentation', function () {
  this.timeout(20_000)
  let folder: Folder

  beforeEach(() => {
    folder = temporaryFolder()
  })

  afterEach(() => folder.remove())

  it('are listed, each once', () => {
    const links = rows(page('docs/recipes/README.md')).map(([cell = '']) => /\]\(([^)]+)\)/.exec(cell)?.[1])
    expect(links.filter((link) => !link?.startsWith('../'))).to.have.members(RECIPES.map((file) => file.replace('docs/recipes/', '')))
  })

  it('say what passes, where a network is opened', () => {
    expect(RECIPES.filter((file) => testsOf(file).length > 0)).to.have.length(6)
  })

  for (const file of RECIPES) {
    it(`${file} is right about what passes, and has no finding of lint`, async () => {
      const objects = yamlOf(file).filter((text) => !testsOf(file).includes(text))
      const input = [...CLUSTER, '-f', folder.file('recipe.yaml', objects.join('---\n'))]
      for (const [index, text] of testsOf(file).entries()) {
        const { stdout, stderr, refused } = await call('test', folder.file(`test-${index}.yaml`, text), ...input)
        expect(refused, stderr).to.equal(false)
        expect(stdout, file).to.match(/^(\d+) flows: \1 passed, 0 failed$/m)
      }
      const { stdout } = await call('lint', ...input, '--severity', 'info', '-o', 'json')
      const { findings } = JSON.parse(stdout) as { findings: readonly { code: string; message: string; at?: string }[] }
      const ofRecipe = findings.filter(({ code, at }) => at?.includes('recipe.yaml') && !LEFT_OUT.includes(code))
      expect(ofRecipe.map(({ message }) => message)).to.deep.equal([])
    })
  }
})
