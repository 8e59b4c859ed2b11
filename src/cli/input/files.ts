/** cli/input/files.ts — the files that -f names: files, folders with all that is in them, standard input. */

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { untilInterrupted } from '../interrupt.ts'
import { createProgress } from '../output/progress.ts'
import type { Shell } from '../shell.ts'
import { UsageError } from '../usage-error.ts'
import { type Located, objectsIn, UnreadableError } from './documents.ts'

/** What kubectl takes from a folder. */
const EXTENSIONS = /\.(ya?ml|json)$/

/** What is in a file, and how it is called: "standard input" for `-`. */
export type TextFile = { readonly file: string; readonly text: string }

/**
 * The objects in the files, in the order of the paths, and within a folder of their names. Throws a UsageError that names every file that
 * cannot be read, with the line of what is no YAML.
 */
export async function readFiles(paths: readonly string[], shell: Shell): Promise<readonly Located[]> {
  const objects: Located[] = []
  const mistakes: string[] = []
  await eachText(paths, shell, EXTENSIONS, ({ file, text }) => {
    try {
      objects.push(...objectsIn(file, text))
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error
      mistakes.push(error.message)
    }
  })
  if (mistakes.length > 0) throw new UsageError(mistakes.join('\n'))
  return objects
}

/** The texts of the files, of folders those that end so, in the same order. Throws a UsageError that names a file that cannot be read. */
export async function readTexts(paths: readonly string[], shell: Shell, extensions: RegExp): Promise<readonly TextFile[]> {
  const texts: TextFile[] = []
  await eachText(paths, shell, extensions, (one) => texts.push(one))
  return texts
}

async function eachText(paths: readonly string[], shell: Shell, extensions: RegExp, take: (one: TextFile) => void): Promise<void> {
  const progress = createProgress(shell.stderr)
  try {
    await untilInterrupted(async () => {
      const files = (await Promise.all(paths.map((path) => filesIn(path, extensions)))).flat()
      for (const [index, file] of files.entries()) {
        progress.at('reading files', index + 1, files.length)
        take({ file: file === '-' ? 'standard input' : file, text: await read(file, shell) })
      }
    })
  } finally {
    progress.end()
  }
}

async function filesIn(path: string, extensions: RegExp): Promise<readonly string[]> {
  if (path === '-') return [path]
  const found = await lookAt(path)
  if (!found.isDirectory()) return [path]
  const files = await filesBelow(path, extensions)
  if (files.length === 0) throw new UsageError(`${path} has no .yaml, .yml or .json files in it`)
  return files
}

/** Hidden files and folders are left out, and folders behind links, which may lead in circles. */
async function filesBelow(folder: string, extensions: RegExp): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => refuse(folder, error))
  const nested = await Promise.all(
    entries
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .filter(({ name }) => !name.startsWith('.'))
      .map(async (entry) => {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) return await filesBelow(path, extensions)
        if (!extensions.test(entry.name)) return []
        const isFile = entry.isFile() || (entry.isSymbolicLink() && (await lookAt(path)).isFile())
        return isFile ? [path] : []
      }),
  )
  return nested.flat()
}

async function lookAt(path: string) {
  return await stat(path).catch((error: unknown) => refuse(path, error))
}

async function read(file: string, { stdin }: Shell): Promise<string> {
  return await (file === '-' ? textOf(stdin) : readFile(file, 'utf8')).catch((error: unknown) => refuse(file, error))
}

function refuse(path: string, error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException
  throw new UsageError(`cannot read ${path}: ${code === 'ENOENT' ? 'it does not exist' : message}`)
}
