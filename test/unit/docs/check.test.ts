/** docs/check.md: a section for each line of `check`, so that the link at its end leads somewhere; and what lines mention is there. */

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { CHECKS, checkPage } from '../../../src/cli/check/line.ts'
import { page, sections } from '../../support/markdown.ts'

const ROOT = join(import.meta.dirname, '../../..')
const BASE = 'https://github.com/tenant-isolation/tenant-isolation/blob/main/'

/** As GitHub makes an anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

const anchorsIn = (path: string) => [...page(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))

describe('docs/check.md', () => {
  it('has a section for each check, in their order, and no other', () => {
    expect([...sections(page('docs/check.md')).keys()].filter((heading) => heading !== '')).to.deep.equal([...CHECKS])
  })

  for (const check of CHECKS)
    it(`is where the link of ${check} leads`, () => {
      const url = checkPage(check)
      expect(url.startsWith(BASE)).to.equal(true)
      const [path = '', anchor = ''] = url.slice(BASE.length).split('#')
      expect(anchorsIn(path)).to.include(anchor)
    })

  it('leads to pages that are there', () => {
    const links = [...page('docs/check.md').matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link)
    expect(links).to.have.length.greaterThan(10)
    for (const link of links) {
      const [file = '', anchor] = link.split('#')
      const path = file === '' ? 'docs/check.md' : join('docs', file)
      expect(existsSync(join(ROOT, path)), link).to.equal(true)
      if (anchor !== undefined) expect(anchorsIn(path), link).to.include(anchor)
    }
  })

  it('and so do the sentences of the lines', () => {
    const files = globSync('src/cli/check/**/*.ts', { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), 'utf8'))
    const named = new Set(
      files.flatMap((text) =>
        [...text.matchAll(/\bdocs\/([\w/]+\.md)(?:#([\w-]+))?/g)].map(([, path = '', anchor]) => `${path}#${anchor ?? ''}`),
      ),
    )
    expect(named.size).to.be.greaterThan(3)
    for (const one of named) {
      const [path = '', anchor = ''] = one.split('#')
      expect(existsSync(join(ROOT, 'docs', path)), one).to.equal(true)
      if (anchor !== '' && anchor !== '$') expect(anchorsIn(join(dirname('docs/x'), path)), one).to.include(anchor)
    }
  })
})
