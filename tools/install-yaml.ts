/** install-yaml.ts — everything that config/default makes, as one file that kubectl can apply: `make install-yaml`. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureBinaries } from './control-plane/binaries.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** The same bytes each time. */
export async function installYaml(): Promise<string> {
  const { kubectl } = await ensureBinaries({ names: ['kubectl'] })
  return execFileSync(kubectl, ['kustomize', join(ROOT, 'config/default')], { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })
}

if (import.meta.main) {
  const file = join(ROOT, 'dist/install.yaml')
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  writeFileSync(file, await installYaml())
  process.stdout.write(`${file}\n`)
}
