/** CONTRIBUTING.md: the map of the code has every folder, in an order in which nothing imports from above. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { codeIn, page, rows, sections } from '../../support/markdown.ts'

const ROOT = join(import.meta.dirname, '../../..')
const MAP = rows(sections(page('CONTRIBUTING.md')).get('The map of the code') ?? '').flatMap(([cell = '']) => codeIn(cell))
const SOURCES = MAP.slice(0, MAP.indexOf('test/unit/'))
const FOLDERS = SOURCES.filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1))

const foldersIn = (path: string) =>
  readdirSync(join(ROOT, path), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))

/** The folders of src/ from which the files of one import. */
function importsOf(folder: string): readonly string[] {
  const files = readdirSync(join(ROOT, 'src', folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  return files.flatMap((file) => {
    const up = '../'.repeat(file.split('/').length)
    return [...page(`src/${folder}/${file}`).matchAll(/from '((?:\.\.\/)+)([a-z-]+)\//g)].flatMap(([, climbs, target = '']) =>
      climbs === up ? [target] : [],
    )
  })
}

describe('the map of the code in CONTRIBUTING.md', () => {
  it('has every folder of src/ and of test/, and none that is not there', () => {
    expect(FOLDERS).to.have.members(foldersIn('src'))
    const named = MAP.filter((name) => name.startsWith('test/') && name.split('/').length === 3).map((name) => name.split('/')[1])
    expect([...named, 'support']).to.have.members(foldersIn('test'))
  })

  it('is in an order in which nothing imports from above', () => {
    const upwards = FOLDERS.flatMap((folder, index) =>
      importsOf(folder).flatMap((target) => (FOLDERS.slice(0, index).includes(target) ? [`${folder} imports ${target}`] : [])),
    )
    expect(FOLDERS.flatMap(importsOf)).to.have.length.greaterThan(100)
    expect([...new Set(upwards)]).to.deep.equal([])
  })
})
