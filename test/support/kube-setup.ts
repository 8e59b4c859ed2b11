/** support/kube-setup.ts — a transport to the shared API server, directly or through a fault proxy, and what tests of it keep needing. */

import { readFile } from 'node:fs/promises'
import { KubeConfig } from '@kubernetes/client-node'
import type { KubeObject } from '../../src/kube/objects.ts'
import type { Resource } from '../../src/kube/resources.ts'
import type { User } from '../../tools/control-plane/credentials.ts'
import { sharedControlPlane } from './cluster.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

export const CONFIG_MAPS: Resource = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true }
export const NAMESPACES: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }
export const EVENTS: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true }

export type ConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> }

export function configMap(namespace: string, name: string, data: Readonly<Record<string, string>> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data }
}

/** Straight to the API server. */
export async function kubeConfigOf(user: User = 'admin'): Promise<KubeConfig> {
  const config = new KubeConfig()
  config.loadFromFile((await sharedControlPlane()).kubeconfig(user))
  return config
}

/** A proxy in front of the API server. */
export async function startProxy(): Promise<FaultProxy> {
  const { url, caFile } = await sharedControlPlane()
  return startFaultProxy({ url, ca: await readFile(caFile) })
}

/** Through the proxy, as the user that the token is of. */
export async function throughProxy(proxy: Pick<FaultProxy, 'url'>, user: User = 'admin'): Promise<KubeConfig> {
  const token = (await kubeConfigOf(user)).getCurrentUser()?.token
  if (token === undefined) throw new Error(`the kubeconfig of ${user} has no token`)
  return kubeConfigWith(proxy.url, { name: user, token })
}

/** `http:` servers are taken by client-node only without TLS verification. */
export function kubeConfigWith(
  server: string,
  user: { readonly name: string; readonly token?: string; readonly authProvider?: unknown },
): KubeConfig {
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'proxy', server, skipTLSVerify: true }, user)
  return config
}

/** Waits until the condition holds; fails with what it was about. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, withinMs: number = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

let names = 0

/** A name that no other test has. */
export function uniqueName(what: string): string {
  names += 1
  return `${what}-${process.pid}-${names}`
}
