/** cli/input/input.ts — what a command looks at: files, a cluster, or files laid over a cluster, as one snapshot. */

import type { Configuration } from '../../api/configuration.ts'
import { readConfiguration } from '../../configuration-file.ts'
import { loadKubeConfig } from '../kubeconfig.ts'
import { note, type Shell } from '../shell.ts'
import { UsageError } from '../usage-error.ts'
import { type Cluster, inCluster, together } from './cluster.ts'
import { type Need, readCluster } from './cluster-objects.ts'
import { readFiles } from './files.ts'
import { type Collected, collect, noObjects, type Objects } from './objects.ts'
import { canMutateIn, type InputOptions, type Source, sourceOf } from './options.ts'
import { layOver } from './overlay.ts'
import { podsOf } from './pods.ts'
import { type Snapshot, snapshotOf } from './snapshot.ts'

export type Input<Also = undefined> = {
  readonly source: Source
  /** As it is; with files laid over the cluster, as it would be. */
  readonly snapshot: Snapshot
  /** The cluster before the files were laid over it; otherwise the snapshot itself. */
  readonly before: Snapshot
  /** What `also` has read. */
  readonly also: Also
}

export type InputRequest<Also> = {
  readonly options: InputOptions
  /** Kinds that the command looks at, besides TenantIsolations, Namespaces, and what facts follow from. */
  readonly needs?: readonly Need[]
  /** With -n, nothing of other namespaces has to be read. */
  readonly narrow?: boolean
  readonly shell: Shell
  /** Reads more of the cluster in the same go, so that all missing rights are told at once. Not called for files alone. */
  readonly also?: (cluster: Cluster, configuration: Configuration | undefined) => Promise<Also>
}

/**
 * Throws a UsageError that says what to mend: flags, files with their lines, objects with their fields, a cluster that cannot be read. What
 * was passed over is a note.
 */
export async function readInput<Also = undefined>(request: InputRequest<Also>): Promise<Input<Also | undefined>> {
  const { options, shell, needs = [], narrow = false } = request
  const source = sourceOf(options)
  const files = await collected(options, usualNamespace(options, source), shell)
  const facts = await factsIn(options, shell)
  const configuration = await configurationIn(options, files)
  const { operatorNamespace: ownNamespace } = options
  if (source === 'files') {
    const { objects, places } = files
    const snapshot = snapshotOf({
      objects: {
        ...objects,
        pods: podsOf(objects, noObjects()),
        services: new Map([...facts.services, ...objects.services]),
        endpointSlices: new Map([...facts.endpointSlices, ...objects.endpointSlices]),
      },
      places,
      configuration,
      ownNamespace,
      canMutate: canMutateIn(options.kubernetesVersion),
    })
    knownNamespace(options, snapshot, 'is not in the files')
    return { source, snapshot, before: snapshot, also: undefined }
  }
  return await inCluster(options, shell, async (cluster) => {
    const scope = narrow ? options.namespace : undefined
    const [{ objects, canMutate }, also] = await together([
      readCluster(cluster, { needs, scope, configuration, onMissingKind: (text) => note(shell, text) }),
      request.also ? request.also(cluster, configuration) : Promise.resolve(undefined),
    ])
    const shared = { configuration, ownNamespace, canMutate }
    const before = snapshotOf({ objects, places: new Map(), ...shared })
    const over = layOver(objects, files)
    const snapshot =
      source === 'cluster' ? before : snapshotOf({ ...over, objects: { ...over.objects, pods: podsOf(files.objects, objects) }, ...shared })
    knownNamespace(options, snapshot, 'does not exist')
    return { source, snapshot, before, also }
  })
}

/** As for kubectl: the one of -n, or of the context, or default. */
function usualNamespace(options: InputOptions, source: Source): string {
  if (options.namespace !== undefined) return options.namespace
  if (source !== 'files over cluster') return 'default'
  const config = loadKubeConfig(options)
  return config.getContextObject(config.getCurrentContext())?.namespace || 'default'
}

async function collected({ file = [] }: InputOptions, namespace: string, shell: Shell): Promise<Collected> {
  const files = collect(await readFiles(file, shell), namespace)
  if (files.mistakes.length > 0) throw new UsageError(files.mistakes.join('\n'))
  for (const [what, count] of files.skipped) note(shell, `passed over ${count === 1 ? 'one object' : `${count} objects`}: ${what}`)
  return files
}

/** Only Services and EndpointSlices are of interest: the file may hold whatever `kubectl get` has put there. */
async function factsIn({ facts = [] }: InputOptions, shell: Shell): Promise<Pick<Objects, 'services' | 'endpointSlices'>> {
  const { objects, mistakes } = collect(await readFiles(facts, shell), 'default')
  if (mistakes.length > 0) throw new UsageError(mistakes.join('\n'))
  return objects
}

async function configurationIn({ config }: InputOptions, { objects }: Collected): Promise<Configuration | undefined> {
  const [inFiles, ...more] = objects.configurations.values()
  if (config !== undefined && inFiles)
    throw new UsageError('there is an OperatorConfiguration in the files and another in --config; keep one of them')
  if (more.length > 0) throw new UsageError('there are several OperatorConfigurations in the files; keep one of them')
  return config === undefined ? inFiles : await readConfiguration(config)
}

function knownNamespace({ namespace }: InputOptions, { namespaces }: Snapshot, what: string): void {
  if (namespace !== undefined && !namespaces.some(({ name }) => name === namespace)) throw new UsageError(`namespace ${namespace} ${what}`)
}
