/** bench/cases/prepare.ts — what is there before the operator is: namespaces, and the resources that ask for their isolation. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api.ts'
import { usageOf } from '../proc.ts'
import { NAMESPACES_PATH, namespaceObject, namespacesOf, TENANTS_PATH, tenantName, tenantObject } from '../scenario.ts'
import type { Bench } from './context.ts'

const IN_FLIGHT = 16

export function tenantNames({ tenants }: { readonly tenants: number }): string[] {
  return Array.from({ length: tenants }, (_, index) => tenantName(index))
}

export async function prepare({ admin, size, progress }: Bench): Promise<void> {
  const tenants = tenantNames(size)
  const namespaces = tenants.flatMap((tenant) => namespacesOf(tenant).map((name) => namespaceObject(name, tenant)))
  progress(`making ${namespaces.length} namespaces and ${tenants.length} TenantIsolations`)
  await createAll(admin, NAMESPACES_PATH, namespaces)
  await createAll(admin, TENANTS_PATH, tenants.map(tenantObject))
  await controllersAreDone(admin)
  await garbageCollectorKnows(admin)
}

export async function createAll(admin: Api, path: string, objects: readonly object[]): Promise<void> {
  const next = objects.values()
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (const object of next) await admin.request('POST', path, object)
    }),
  )
}

/** kube-controller-manager makes a service account and a ConfigMap in every namespace, and would take the machine's time from the rest. */
export async function controllersAreDone(admin: Api): Promise<void> {
  const count = async (path: string) => (await admin.request<{ items: readonly object[] }>('GET', path)).items.length
  const deadline = performance.now() + 300_000
  for (;;) {
    const namespaces = await count(NAMESPACES_PATH)
    const accounts = await count('/api/v1/serviceaccounts?fieldSelector=metadata.name%3Ddefault')
    const configMaps = await count('/api/v1/configmaps?fieldSelector=metadata.name%3Dkube-root-ca.crt')
    if (accounts === namespaces && configMaps === namespaces) return
    if (performance.now() > deadline) throw new Error('kube-controller-manager was not done with the namespaces after 300 s')
    await sleep(250)
  }
}

/**
 * The garbage collector finds a new kind within half a minute. Until then it does not know the owners of our policies, and asks for each
 * of them, and for its owner, again and again: on a cluster where the CRD is not minutes old that does not happen.
 */
export async function garbageCollectorKnows(admin: Api): Promise<void> {
  const deadline = performance.now() + 120_000
  while (
    !/^apiserver_longrunning_requests\{[^}]*resource="tenantisolations"[^}]*verb="WATCH"[^}]*\} [1-9]/m.test(await admin.text('/metrics'))
  ) {
    if (performance.now() > deadline) throw new Error('kube-controller-manager did not find TenantIsolations within 120 s')
    await sleep(500)
  }
}

const WINDOW_MS = 2_000

/** Until these processes together take less than 15 % of a core, for three looks in a row: what was asked of them has been done. */
export async function areAtRest(pids: readonly number[]): Promise<void> {
  const seconds = () => pids.reduce((sum, pid) => sum + usageOf(pid).cpuSeconds, 0)
  const deadline = performance.now() + 600_000
  let before = seconds()
  for (let quiet = 0; quiet < 3; ) {
    await sleep(WINDOW_MS)
    const now = seconds()
    quiet = now - before < (WINDOW_MS / 1000) * 0.15 ? quiet + 1 : 0
    before = now
    if (performance.now() > deadline) throw new Error('the control plane and the operator were not at rest after 600 s')
  }
}
