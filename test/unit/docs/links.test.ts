/** Every link of every page leads to a file of this checkout, and to a heading that is there. Addresses elsewhere are not asked for. */

import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { expect } from 'chai'
import { anchorOf } from '../../../tools/docs/anchor.ts'
import { page } from '../../support/markdown.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** Not ours, or not there in a clone. */
const ELSEWHERE = ['node_modules', '.git', '.cluster', '.bench', '.artifacts', 'coverage', 'dist']

const PAGES = readdirSync(ROOT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
  .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
  .filter((path) => !ELSEWHERE.some((folder) => path.split('/').includes(folder)))

/** Not what only looks like Markdown, in blocks and in code spans. */
const prose = (path: string) =>
  page(path)
    .replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, (span) => span.replaceAll(/[[\]()#]/g, '_'))

/** GitHub numbers headings of the same text. */
function anchorsOf(path: string): ReadonlySet<string> {
  const headings = [
    ...page(path)
      .replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
      .matchAll(/^#{1,6} (.+)$/gm),
  ].map(([, heading = '']) => anchorOf(heading))
  return new Set(
    headings
      .map((anchor, index) => [anchor, headings.slice(0, index).filter((other) => other === anchor).length] as const)
      .map(([anchor, before]) => (before === 0 ? anchor : `${anchor}-${before}`)),
  )
}

const linksOf = (path: string) => [...prose(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)

describe('the links of the documentation', () => {
  it('are looked for on every page', () => {
    expect(PAGES).to.include.members(['README.md', 'docs/concepts.md', 'docs/decisions/README.md', 'charts/tenant-isolation/README.md'])
    expect(PAGES.flatMap(linksOf)).to.have.length.greaterThan(150)
  })

  for (const path of PAGES) {
    it(`lead somewhere: ${path}`, () => {
      const broken = linksOf(path).filter((target) => {
        if (/^[a-z]+:/.test(target)) return !target.startsWith('https://')
        const [file = '', anchor] = target.split('#')
        const where = file === '' ? path : normalize(join(dirname(path), file))
        if (!existsSync(join(ROOT, where))) return true
        return anchor !== undefined && !(where.endsWith('.md') && anchorsOf(where).has(anchor))
      })
      expect(broken).to.deep.equal([])
    })
  }

  it('lead to every page of docs/ from README.md, from one page to the next', () => {
    const seen = new Set<string>(['README.md'])
    for (const path of seen) {
      for (const target of linksOf(path)) {
        const where = normalize(join(dirname(path), target.split('#')[0] ?? ''))
        if (where.endsWith('.md') && existsSync(join(ROOT, where))) seen.add(where)
      }
    }
    expect(PAGES.filter((path) => path.startsWith('docs/') && !seen.has(path))).to.deep.equal([])
  })
})
