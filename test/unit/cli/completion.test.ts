/** What may stand next on a command line. */

import { expect } from 'chai'
import { programOf } from '../../../src/cli/program.ts'
import { call, shellWith } from '../../support/shell.ts'

const complete = async (...words: readonly string[]) => {
  const lines = (await call('__complete', '--', ...words)).stdout.trimEnd().split('\n')
  return { values: lines.slice(0, -1).map((line) => line.split('\t')[0]), directive: lines.at(-1) }
}

describe('completion', () => {
  it('knows every command that the help shows, and hides what is not for people', async () => {
    const { values } = await complete('')
    const shown = programOf(shellWith()).helpInformation()
    for (const value of values) expect(shown).to.match(new RegExp(`^  ${value}\\b`, 'm'))
    expect(values).to.include.members(['check', 'completion', 'render', 'help']).and.not.include('__complete')
    expect(shown).not.to.include('__complete')
  })

  for (const [words, values, directive] of [
    [['ch'], ['check'], ':4'],
    [['convert', ''], ['psp', 'help'], ':4'],
    [['check', '-o', ''], ['text', 'json', 'yaml', 'markdown'], ':4'],
    [['check', '--output', 'y'], ['yaml'], ':4'],
    [['check', '--output=y'], ['--output=yaml'], ':4'],
    [['completion', ''], ['bash', 'zsh'], ':4'],
    [['render', '-f', ''], [], ':0'],
    [['render', '--file='], [], ':0'],
    [['render', '-n', ''], [], ':4'],
    [['test', ''], [], ':0'],
    [['test', 'one.yaml', ''], [], ':0'],
    [['explain', 'a', 'b', '80', ''], [], ':4'],
    [['lint', '--nothing='], [], ':4'],
    [['bogus', 'che'], ['check'], ':4'],
    [[], ['run'], ':4'],
  ] as const)
    it(`${JSON.stringify(words)}: ${values.join(', ') || (directive === ':0' ? 'files' : 'nothing')}`, async () => {
      const found = await complete(...words)
      if (words.length === 0) expect(found.values).to.include.members([...values])
      else expect(found).to.deep.equal({ values: [...values], directive })
    })

  it('offers the flags of the command, with what they mean', async () => {
    const { stdout } = await call('__complete', '--', 'lint', '--')
    expect(stdout).to.match(/^--severity\twhat is less severe is neither shown nor counts$/m)
    expect(stdout).to.match(/^--help\t/m)
    expect(stdout).not.to.match(/^--by/m)
  })

  it('is refused for a shell that it does not know', async () => {
    const { refused, stderr } = await call('completion', 'fish')
    expect(refused).to.equal(true)
    expect(stderr).to.include('Allowed choices are bash, zsh')
  })
})
