/** What goes to a terminal, and only there: colour and progress. */

import { expect } from 'chai'
import { paintFor } from '../../../../src/cli/output/colour.ts'
import { createProgress } from '../../../../src/cli/output/progress.ts'
import { outputTo } from '../../../support/shell.ts'

const RED = '\u001b[31mx\u001b[39m'

describe('colour', () => {
  const terminal = outputTo(() => {}, true)
  const pipe = outputTo(() => {})

  for (const [what, stream, env, text] of [
    ['is there on a terminal', terminal, {}, RED],
    ['is not there in a pipe or a file', pipe, {}, 'x'],
    ['is not there with NO_COLOR', terminal, { NO_COLOR: '1' }, 'x'],
    ['is there when NO_COLOR is empty, as no-color.org has it', terminal, { NO_COLOR: '' }, RED],
    ['is not there on a terminal that knows none', terminal, { TERM: 'dumb' }, 'x'],
  ] as const) {
    it(what, () => {
      expect(paintFor(stream, env)('red', 'x')).to.equal(text)
    })
  }
})

describe('progress', () => {
  let written: string
  let now: number
  const progressOn = (terminal: boolean) => {
    written = ''
    now = 0
    const stream = outputTo((text) => {
      written += text
    }, terminal)
    return createProgress(stream, () => now)
  }

  it('is silent for a second, and says then what is under way and how far it is', () => {
    const progress = progressOn(true)
    progress.at('reading pods', 500)
    now = 999
    progress.at('reading pods', 1000)
    expect(written).to.equal('')
    now = 1000
    progress.at('reading pods', 1500)
    expect(written).to.equal('\r\u001b[2Kreading pods: 1,500')
    progress.end()
  })

  it('is told ten times a second at the most', () => {
    const progress = progressOn(true)
    for (now = 0; now <= 2000; now += 10) progress.at('reading pods', now, 2000)
    expect(written.split('\r').length - 1).to.equal(11)
    expect(written).to.include('reading pods: 2,000 of 2,000')
    progress.end()
  })

  it('takes its line away, and no longer than the terminal is it', () => {
    const progress = progressOn(true)
    progress.at('something with a very long name that does not fit')
    now = 1000
    progress.at('something with a very long name that does not fit')
    expect(written).to.have.lengthOf('\r\u001b[2K'.length + 39)
    written = ''
    progress.end()
    expect(written).to.equal('\r\u001b[2K')
  })

  it('is shown on a terminal that does not know its size', () => {
    written = ''
    now = 0
    const write = (text: string): void => {
      written += text
    }
    const progress = createProgress(Object.assign(outputTo(write, true), { columns: 0 }), () => now)
    progress.at('reading pods')
    now = 1000
    progress.at('reading pods')
    expect(written).to.include('reading pods ...')
    progress.end()
  })

  it('shows what is waited for although nobody calls', async () => {
    const progress = progressOn(true)
    progress.at('reading pods')
    now = 1500
    await new Promise((next) => setTimeout(next, 300))
    expect(written).to.include('reading pods ...')
    progress.end()
  })

  it('writes nothing where there is no terminal, nor when all was quick', () => {
    const progress = progressOn(false)
    progress.at('reading pods')
    now = 5000
    progress.at('reading pods')
    progress.end()
    expect(written).to.equal('')
    const quick = progressOn(true)
    quick.at('reading pods')
    quick.end()
    expect(written).to.equal('')
  })
})
