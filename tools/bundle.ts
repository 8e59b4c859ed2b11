/** bundle.ts — the program as one file, dist/tenant-isolation.mjs, which needs Node and nothing else. */

import { chmodSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { INSTEAD } from './bundle/instead.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** CommonJS modules of ours ask for those of Node by `require`, which a module of today does not have. */
const HEAD = `#!/usr/bin/env node
import { createRequire as createRequireOfNode } from 'node:module'
const require = createRequireOfNode(import.meta.url)`

/** Returns the path of the bundle. Its source map lies beside it: `node --enable-source-maps` reads it. */
export async function bundle(directory: string = join(ROOT, 'dist')): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const outfile = join(directory, 'tenant-isolation.mjs')
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    banner: { js: HEAD },
    define: { TENANT_ISOLATION_VERSION: JSON.stringify(version) },
    // Node keeps the text in memory, twice as large if one character of a comment is not ASCII. Names stay, and lines that an editor can
    // show, so that a stack trace says something without the map.
    minifyWhitespace: true,
    lineLimit: 120,
    sourcemap: 'external',
    sourcesContent: false,
    legalComments: 'external',
    plugins: [instead],
    logLevel: 'warning',
  })
  chmodSync(outfile, 0o755)
  return outfile
}

const instead: Plugin = {
  name: 'instead',
  setup({ onResolve, onLoad }) {
    for (const [index, { module, importer }] of INSTEAD.entries())
      onResolve({ filter: module }, (wanted) =>
        importer && !importer.test(wanted.importer) ? undefined : { path: wanted.path, namespace: 'instead', pluginData: index },
      )
    onLoad({ filter: /.*/, namespace: 'instead' }, ({ pluginData }) => ({
      contents: INSTEAD[pluginData as number]?.source ?? '',
      resolveDir: ROOT,
    }))
  },
}

if (import.meta.main) process.stdout.write(`${await bundle()}\n`)
