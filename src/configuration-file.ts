/** configuration-file.ts — the operator's configuration from a file, and from the same file again when it changes. */

import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parse } from 'yaml'
import { type Configuration, parseConfiguration } from './api/configuration.ts'

/** The file cannot be used; the message is one sentence that names it and says what to mend. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/** Throws a ConfigurationError when the file is missing, not YAML, or says something that the operator does not understand. */
export async function readConfiguration(path: string): Promise<Configuration> {
  const parsed = parseConfiguration(parseYaml(await textOf(path), path))
  if ('configuration' in parsed) return parsed.configuration
  throw new ConfigurationError(`the configuration ${path} cannot be used: ${parsed.violations.join('; ')}`)
}

export type ConfigurationFollower = {
  readonly path: string
  /** Also called for what is there at first, so that no change is missed between reading and following. */
  readonly onChange: (configuration: Configuration) => void
  /** The file is there but cannot be used; what was read before stays in force. */
  readonly onError: (error: Error) => void
  readonly signal: AbortSignal
}

/** A ConfigMap's files change a link in their folder; the kubelet makes several changes at once, which are read as one. */
const SETTLE_MS = 100

/**
 * Reads the file again whenever something in its folder changes, and reports when its text is another one. Ends with the signal. The
 * folder is watched, not the file: a ConfigMap volume replaces the link beside it, and the file itself never changes.
 */
export function followConfiguration({ path, onChange, onError, signal }: ConfigurationFollower): void {
  let last: string | undefined
  let timer: NodeJS.Timeout | undefined
  let watcher: FSWatcher | undefined

  const look = async (): Promise<void> => {
    try {
      const text = await textOf(path)
      if (signal.aborted || text === last) return
      last = text
      onChange(await readConfiguration(path))
    } catch (error) {
      if (!signal.aborted) onError(error instanceof Error ? error : new Error(String(error)))
    }
  }
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void look(), SETTLE_MS)
  }

  void look()
  try {
    watcher = watch(dirname(path), { persistent: false }, soon)
    watcher.on('error', onError)
  } catch (error) {
    onError(new Error(`changes of ${path} cannot be followed: ${error instanceof Error ? error.message : String(error)}`))
  }
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    watcher?.close()
  })
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new ConfigurationError(`the configuration ${path} ${missing ? 'does not exist' : `cannot be read (${(error as Error).message})`}`)
  }
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    const [sentence] = (error as Error).message.split('\n')
    throw new ConfigurationError(`the configuration ${path} is not YAML: ${sentence ?? 'unreadable'}`)
  }
}
