/** support/markdown.ts — the parts of a page of docs/ that tests look at. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/** The text of a file of this checkout. */
export function page(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The files of a folder of this checkout that end so. */
export function pagesIn(folder: string, ending: string): readonly string[] {
  return readdirSync(join(ROOT, folder)).flatMap((file) => (file.endsWith(ending) ? [`${folder}/${file}`] : []))
}

/** What stands under each heading of the second level, by the heading; what stands before is under the empty one. */
export function sections(text: string): ReadonlyMap<string, string> {
  return new Map(
    `\n## \n${text}`.split(/^## /m).flatMap((section) => {
      const [heading = '', ...lines] = section.split('\n')
      return section.trim() === '' ? [] : [[heading.trim(), lines.join('\n')] as const]
    }),
  )
}

/** The cells of all rows of all tables, without the heads. */
export function rows(text: string): readonly (readonly string[])[] {
  const cells = text.split('\n').map((line) => (line.startsWith('|') ? line.split(/(?<!\\)\|/).slice(1, -1) : undefined))
  return cells.flatMap((row, index) => {
    const isHead = cells[index + 1]?.every((cell) => /^-+$/.test(cell.trim()))
    const isLine = row?.every((cell) => /^-+$/.test(cell.trim()))
    return row === undefined || isHead || isLine ? [] : [row.map((cell) => cell.trim())]
  })
}

/** What is in `code spans`. */
export function codeIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

/** The fenced blocks of a language. */
export function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, block = '']) => (name === language ? [block] : []))
}
