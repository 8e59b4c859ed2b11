/** cli/input/options.ts — the flags by which every command is told what to look at. */

import type { Command } from 'commander'
import { CONTEXT_HELP, KUBECONFIG_HELP, type KubeconfigOptions } from '../kubeconfig.ts'
import { UsageError } from '../usage-error.ts'
import { OPERATOR_NAMESPACE } from './snapshot.ts'

export type InputOptions = KubeconfigOptions & {
  readonly file?: readonly string[]
  readonly cluster?: boolean
  readonly namespace?: string
  readonly allNamespaces?: boolean
  readonly config?: string
  readonly facts?: readonly string[]
  readonly kubernetesVersion?: string
  readonly operatorNamespace: string
}

/** Files alone, the cluster alone, or files laid over the cluster. */
export type Source = 'files' | 'cluster' | 'files over cluster'

export function addInputOptions(command: Command): Command {
  return command
    .option('-f, --file <path>', 'YAML or JSON; a folder with all that is in it; - is standard input. May be repeated', several)
    .option('--cluster', 'with -f: lay the files over the cluster, as if they were applied')
    .option('--kubeconfig <file>', KUBECONFIG_HELP)
    .option('--context <name>', CONTEXT_HELP)
    .option('-n, --namespace <name>', 'only this namespace; also the one of objects in files that name none')
    .option('-A, --all-namespaces', 'all namespaces (the default)')
    .option('--config <file>', "the operator's configuration")
    .option(
      '--facts <path>',
      'with -f alone: where the Services and EndpointSlices of DNS and the API server are. May be repeated',
      several,
    )
    .option('--kubernetes-version <version>', 'with -f alone: the version of the cluster that the files are for, such as 1.36')
    .option('--operator-namespace <name>', 'where the operator runs, which no tenant may take', OPERATOR_NAMESPACE)
}

function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** Throws a UsageError for flags that contradict each other. */
export function sourceOf(options: InputOptions): Source {
  const { file = [], cluster = false, kubeconfig, context, namespace, allNamespaces, facts, kubernetesVersion } = options
  if (namespace !== undefined && allNamespaces) throw new UsageError('-n and -A contradict each other; give one of them')
  const source: Source = file.length === 0 ? 'cluster' : cluster ? 'files over cluster' : 'files'
  if (source === 'files' && (kubeconfig !== undefined || context !== undefined))
    throw new UsageError('with -f alone no cluster is read; add --cluster to lay the files over the cluster')
  if (source === 'cluster' && cluster)
    throw new UsageError('--cluster says what the files of -f are laid over; give files, or leave it out')
  if (source !== 'files' && (facts !== undefined || kubernetesVersion !== undefined))
    throw new UsageError(
      'the cluster itself says where its DNS and API server are and which version it has; leave --facts and --kubernetes-version out',
    )
  if (kubernetesVersion !== undefined && !VERSION.test(kubernetesVersion))
    throw new UsageError(`${kubernetesVersion} is not a version of Kubernetes; write one such as 1.36`)
  return source
}

const VERSION = /^v?(\d+)\.(\d+)(\..*)?$/

/** MutatingAdmissionPolicy is v1 from 1.36; undefined when the version is not known. */
export function canMutateIn(version: string | undefined): boolean | undefined {
  const [, major = '', minor = ''] = VERSION.exec(version ?? '') ?? []
  return version === undefined ? undefined : Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 36)
}
