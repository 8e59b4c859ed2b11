/** docs/reliability.md names tests that there are, by the words by which they are called. */

import { dirname, normalize } from 'node:path'
import { expect } from 'chai'
import { page } from '../../support/markdown.ts'

const NAMED = [...page('docs/reliability.md').matchAll(/\[[^\]]+\]\(([^)]+\.test\.ts)\): "([^"]+)"/g)].map(([, file = '', title = '']) => ({
  file: normalize(`${dirname('docs/reliability.md')}/${file}`),
  title,
}))

describe('docs/reliability.md', () => {
  it('says by which test each thing is shown', () => {
    const lines = page('docs/reliability.md').split('\n')
    const untested = lines.filter((line) => line.startsWith('| ') && !/^\| (Fault|What) \|/.test(line) && !/\.test\.ts\): "/.test(line))
    expect(untested).to.deep.equal([])
    expect(NAMED).to.have.length.greaterThan(25)
  })

  for (const { file, title } of NAMED) {
    it(`names a test that there is: ${title}`, () => {
      expect(page(file)).to.include(`it('${title}'`)
    })
  }
})
