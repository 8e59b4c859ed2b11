/** docs/cli.md: the examples over the files of this repository print what the page shows. */

import { expect } from 'chai'
import { blocks, page } from '../../support/markdown.ts'
import { call } from '../../support/shell.ts'

const EXAMPLES = blocks(page('docs/cli.md'), '').flatMap((text) => {
  const [, args, printed] = /^\$ tenant-isolation (.*docs\/examples\/cluster\.yaml.*)\n([\s\S]*)$/.exec(text) ?? []
  return args === undefined ? [] : [{ args: args.split(' '), printed }]
})

describe('docs/cli.md', function () {
  this.timeout(20_000)

  it('has examples over the files of this repository', () => {
    expect(EXAMPLES.map(({ args: [command] }) => command)).to.include.members(['explain', 'matrix', 'impact'])
  })

  for (const { args, printed } of EXAMPLES) {
    it(`shows what it prints: ${args.join(' ')}`, async () => {
      expect((await call(...args)).stdout).to.equal(printed)
    })
  }
})
