import { expect } from 'chai'
import { parse } from 'yaml'
import { type Answer, type OutputFormat, present } from '../../../../src/cli/output/answer.ts'
import { markdownTable, textTable } from '../../../../src/cli/output/table.ts'
import { shellWith } from '../../../support/shell.ts'

const ANSWER: Answer = {
  text: (paint) => paint('green', 'fine'),
  markdown: () => '**fine**',
  value: () => ({ kind: 'Answer', all: 'yes' }),
}

describe('an answer', () => {
  const written = async (format: OutputFormat, answer = ANSWER, terminal = false): Promise<string> => {
    const shell = shellWith({ terminal })
    await present(answer, format, shell)
    return shell.written.stdout
  }

  it('is written as it was asked for, and ends with a line break', async () => {
    expect(await written('text')).to.equal('fine\n')
    expect(await written('text', ANSWER, true)).to.equal('\u001b[32mfine\u001b[39m\n')
    expect(await written('markdown')).to.equal('**fine**\n')
    expect(JSON.parse(await written('json'))).to.deep.equal(ANSWER.value())
    expect(await written('yaml')).to.equal('kind: Answer\nall: "yes"\n')
    expect(parse(await written('yaml'))).to.deep.equal(ANSWER.value())
    expect(await written('yaml', { ...ANSWER, yaml: () => 'own: yaml\n' })).to.equal('own: yaml\n')
  })

  it('may be empty', async () => {
    expect(await written('text', { ...ANSWER, text: () => '' })).to.equal('')
  })
})

describe('a table', () => {
  const rows = [
    ['shop', 'a|b'],
    ['x', ''],
  ]

  it('has columns as wide as what is in them, and no spaces behind the last', () => {
    expect(textTable(['NAMESPACE', 'NAME'], rows)).to.equal('NAMESPACE   NAME\nshop        a|b\nx')
    expect(textTable(['NAMESPACE', 'NAME'], [])).to.equal('NAMESPACE   NAME')
  })

  it('says in Markdown what it says, whatever is in its cells', () => {
    expect(markdownTable(['A', 'B'], [['a|b', '*two*\nlines <b> `x`']])).to.equal(
      '| A | B |\n|---|---|\n| a\\|b | \\*two\\* lines \\<b\\> \\`x\\` |',
    )
  })
})
