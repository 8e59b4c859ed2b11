/**
 * bundle/bill-of-materials.ts — which packages are in the bundle, in the words of CycloneDX.
 *
 * From what esbuild has read, for `npm sbom --omit=dev` (11.19) leaves out packages that development needs as well, zod and yaml among them.
 * No serial number and no time: the same bundle has the same bill.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

type Package = { readonly name: string; readonly version: string; readonly license?: string }

export type Bundled = { readonly root: string; readonly metafile: Metafile; readonly version: string }

/** A CycloneDX 1.6 document as text. */
export function billOfMaterials({ root, metafile, version }: Bundled): string {
  const folders = new Set(Object.keys(metafile.inputs).flatMap((path) => packageFolder(path) ?? []))
  const packages = [...folders].map((folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Package)
  const components = [...packages, { name: 'node', version: process.versions.node, license: 'MIT' }].map(component)
  return `${JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: { component: { ...component({ name: 'tenant-isolation', version, license: 'Apache-2.0' }), type: 'application' } },
      components: components.sort((one, other) => (one.purl < other.purl ? -1 : 1)),
    },
    null,
    2,
  )}\n`
}

/** `node_modules/a/node_modules/@b/c` of a file in it; nothing for files that are ours. */
function packageFolder(path: string): string | undefined {
  return /^(?:[^:]*:)?(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
}

function component({ name, version, license }: Package) {
  const purl = name === 'node' ? `pkg:generic/node@${version}` : `pkg:npm/${name.replace('@', '%40')}@${version}`
  const licenses =
    license === undefined ? {} : { licenses: [/ (OR|AND) /.test(license) ? { expression: license } : { license: { id: license } }] }
  return { type: name === 'node' ? 'platform' : 'library', name, version, purl, 'bom-ref': purl, ...licenses }
}
