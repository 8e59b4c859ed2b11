/** cli/kubeconfig.ts — which cluster is meant, and as whom. */

import { KubeConfig } from '@kubernetes/client-node'
import { UsageError } from './usage-error.ts'

export type KubeconfigOptions = { readonly kubeconfig?: string; readonly context?: string }

/** The flag of the same name, wherever a command takes it. */
export const KUBECONFIG_HELP = 'the cluster; otherwise KUBECONFIG, ~/.kube/config, or the service account of the pod'
export const CONTEXT_HELP = 'the context of the kubeconfig'

/** Throws a UsageError when it cannot be read, or names no cluster. */
export function loadKubeConfig({ kubeconfig, context }: KubeconfigOptions): KubeConfig {
  const config = new KubeConfig()
  try {
    if (kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(kubeconfig)
  } catch (error) {
    throw new UsageError(`the kubeconfig ${kubeconfig ?? ''} cannot be used: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (context !== undefined) {
    if (!config.getContextObject(context))
      throw new UsageError(
        `the kubeconfig has no context ${context}; it has ${config
          .getContexts()
          .map(({ name }) => name)
          .join(', ')}`,
      )
    config.setCurrentContext(context)
  }
  if (!config.getCurrentCluster()) throw new UsageError('the kubeconfig has no current cluster; name one with --context, or set KUBECONFIG')
  return config
}
