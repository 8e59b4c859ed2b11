/** docs/adopting.md, as far as it needs no cluster; test/install/adopting.test.ts goes the rest of the way. */

import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { temporaryFolder } from '../../support/cli.ts'
import { blocks, commandsIn, needsNoCluster, page, patternOf } from '../../support/markdown.ts'
import { call } from '../../support/shell.ts'

const TEXT = page('docs/adopting.md')

describe('docs/adopting.md', function () {
  this.timeout(20_000)

  it('shows the files that it links to', () => {
    const shown = blocks(TEXT, 'yaml').map((text) => parse(text) as unknown)
    expect(shown).to.deep.equal(['draft', 'flows'].map((name) => parse(page(`docs/examples/adopting/${name}.yaml`)) as unknown))
  })

  it('goes through the commands that say something before anything is applied', () => {
    const commands = commandsIn(TEXT).filter(needsNoCluster)
    expect(new Set(commands.map(({ command }) => command.split(' ')[1]))).to.deep.equal(
      new Set(['matrix', 'impact', 'test', 'explain', 'lint']),
    )
  })

  for (const shown of commandsIn(TEXT).filter(needsNoCluster)) {
    it(`${shown.command} says what is shown`, async () => {
      const { stdout, stderr } = await call(...shown.command.split(' ').slice(1))
      expect(`${stderr}${stdout}`).to.match(patternOf(shown.printed))
    })
  }

  it('writes the report', async () => {
    const folder = temporaryFolder()
    try {
      const [, command = ''] = blocks(TEXT, 'sh')
      const file = join(folder.path, 'report.html')
      const { refused, stderr } = await call(...command.trim().replace('report.html', file).split(' ').slice(1))
      expect(refused, stderr).to.equal(false)
    } finally {
      folder.remove()
    }
  })
})
