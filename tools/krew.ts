/** krew.ts — the kubectl plugin as it is released: one archive, and the manifest by which krew installs it: `make krew`. */

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { version } from '../src/version.ts'
import { bundle } from './bundle.ts'
import { krewManifest } from './plugin/manifest.ts'
import { type Entry, tarOf } from './plugin/tar.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** What makes one program of the bundle: kubectl and shells start these. */
const PROGRAMS = ['bin/kubectl-tenant_isolation', 'bin/kubectl_complete-tenant_isolation', 'tools/plugin/tenant-isolation']

/** krew's index takes no archive without its licence. */
const LICENCES = readdirSync(ROOT).filter((file) => /^(LICENSE|NOTICE)$/.test(file))

export type Plugin = { readonly archive: string; readonly manifest: string }

/** Returns the paths of both, in `directory`. The same sources give the same bytes. */
export async function buildPlugin(directory: string = join(ROOT, 'dist')): Promise<Plugin> {
  const parts = mkdtempSync(join(tmpdir(), 'tenant-isolation-plugin-'))
  try {
    await bundle(parts)
    // The map is for stack traces of the image, and larger than all the rest.
    const bundled = readdirSync(parts).filter((file) => !file.endsWith('.map'))
    const entries: Entry[] = [
      ...LICENCES.map((name) => ({ name, content: readFileSync(join(ROOT, name)), executable: false })),
      ...bundled.map((name) => ({ name, content: readFileSync(join(parts, name)), executable: name.endsWith('.mjs') })),
      ...PROGRAMS.map((path) => ({
        name: path.slice(path.lastIndexOf('/') + 1),
        content: readFileSync(join(ROOT, path)),
        executable: true,
      })),
    ]
    const content = gzipSync(tarOf(entries.sort((one, other) => (one.name < other.name ? -1 : 1))), { level: 9 })
    const name = `kubectl-tenant_isolation-v${version()}.tar.gz`
    const archive = join(directory, name)
    const manifest = join(directory, 'krew', 'tenant-isolation.yaml')
    mkdirSync(join(directory, 'krew'), { recursive: true })
    writeFileSync(archive, content)
    writeFileSync(manifest, krewManifest({ version: version(), archive: name, sha256: createHash('sha256').update(content).digest('hex') }))
    return { archive, manifest }
  } finally {
    rmSync(parts, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const { archive, manifest } = await buildPlugin()
  process.stdout.write(`${archive}\n${manifest}\n`)
}
