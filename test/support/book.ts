/** support/book.ts — the cluster of docs/examples with the tenants of config/samples: the cluster of the book, as the command line sees it. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { objectsIn } from '../../src/cli/input/documents.ts'
import { collect } from '../../src/cli/input/objects.ts'
import { podsOf } from '../../src/cli/input/pods.ts'
import { type Snapshot, snapshotOf } from '../../src/cli/input/snapshot.ts'

export const ROOT = resolve(import.meta.dirname, '../..')
export const CLUSTER = 'docs/examples/cluster.yaml'
export const MANNING = 'config/samples/manning.yaml'
export const ACME = 'config/samples/acme.yaml'

/** The snapshot of these files of the repository, and of further objects as YAML. */
export function snapshotFrom(files: readonly string[], more = ''): Snapshot {
  const all = [...files.flatMap((file) => objectsIn(file, readFileSync(join(ROOT, file), 'utf8'))), ...objectsIn('more.yaml', more)]
  const { objects, places, mistakes } = collect(all, 'default')
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'))
  const pods = podsOf(objects, { pods: new Map() })
  return snapshotOf({
    objects: { ...objects, pods },
    places,
    configuration: [...objects.configurations.values()][0],
    ownNamespace: 'tenant-isolation-system',
    canMutate: true,
  })
}
