/** docs/lint: a page for each code, whose example has the finding, and whose mended example has not. */

import { expect } from 'chai'
import { LINT_CODES, lintPage } from '../../../src/lint/lint.ts'
import { linted, places } from '../../support/lint.ts'
import { blocks, page, pagesIn, rows, sections } from '../../support/markdown.ts'

describe('the pages about lint codes', () => {
  it('are one for each code, and no others', () => {
    expect(pagesIn('docs/lint', '.md').filter((file) => !file.endsWith('README.md'))).to.have.members(
      LINT_CODES.map(({ code }) => lintPage(code)),
    )
  })

  it('are listed as the command lists them', () => {
    expect(rows(page('docs/lint/README.md'))).to.deep.equal(
      LINT_CODES.map(({ code, name, severity, summary }) => [`[${code}](${code}.md)`, name, severity, summary]),
    )
  })

  it('show how to silence a code in a way that does it', () => {
    const [example = ''] = blocks(page('docs/lint/README.md'), 'yaml')
    expect(linted(example, 'files').silenced.map(({ code }) => code)).to.deep.equal(['TI010', 'TI003'])
    expect(places('TI012', example, 'files')).to.deep.equal([])
  })

  for (const { code, name, severity } of LINT_CODES) {
    it(`${code} says what, why, how to mend it, and when not to`, () => {
      const text = page(lintPage(code))
      expect(text).to.match(new RegExp(`^# ${code} ${name}\n\nSeverity: ${severity}\\. `))
      expect([...sections(text).keys()]).to.include.members(['Why', 'Example', 'How to mend', 'When to ignore'])
    })

    it(`${code} has an example with the finding, and one without`, () => {
      const [bad = '', good = ''] = blocks(page(lintPage(code)), 'yaml')
      expect(places(code, bad)).to.have.length(1)
      expect(places(code, good)).to.deep.equal([])
    })
  }
})

describe('lint codes', () => {
  it('are never renumbered: this list only grows', () => {
    expect(LINT_CODES.map(({ code, name }) => `${code} ${name}`).join(', ')).to.equal(
      'TI001 WideRange, TI002 RangeCoversCluster, TI003 EveryPort, TI004 OneAddressFamily, TI005 OneSidedGrant, TI006 SelectsNothing, TI007 ImpliedRule, TI008 HostNetworkAllowed, TI009 ExposedService, TI010 DirectionLeftOpen, TI011 ForeignPolicyOpens, TI012 SilenceWithoutEffect',
    )
  })
})
