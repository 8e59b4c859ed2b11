/** cli/input/overlay.ts — PURE: files laid over a cluster: what it would be once they were applied. */

import type { TenantIsolation } from '../../api/tenant-isolation.ts'
import type { Namespace } from './kinds/namespace.ts'
import type { Pod } from './kinds/pod.ts'
import type { Service } from './kinds/service.ts'
import type { Collected, Objects } from './objects.ts'

/**
 * An object of a file replaces the one of the same kind, namespace and name, but for what only the cluster says: who it is, how old, and what
 * has become of it.
 */
export function layOver(
  cluster: Objects,
  { objects: files, places }: Pick<Collected, 'objects' | 'places'>,
): Pick<Collected, 'objects' | 'places'> {
  const moved = new Map(places)
  const over = <T>(below: ReadonlyMap<string, T>, above: ReadonlyMap<string, T>, keep?: (file: T, known: T) => T): Map<string, T> => {
    const merged = new Map(below)
    for (const [key, file] of above) {
      const known = below.get(key)
      const object = known !== undefined && keep ? keep(file, known) : file
      const place = places.get(file)
      if (place) moved.set(object, place)
      merged.set(key, object)
    }
    return merged
  }
  return {
    objects: {
      tenants: over(cluster.tenants, files.tenants, sameTenant),
      namespaces: over(cluster.namespaces, files.namespaces, sameNamespace),
      networkPolicies: over(cluster.networkPolicies, files.networkPolicies),
      pods: over(cluster.pods, files.pods, samePod),
      workloads: over(cluster.workloads, files.workloads),
      services: over(cluster.services, files.services, sameService),
      endpointSlices: over(cluster.endpointSlices, files.endpointSlices),
      ingresses: over(cluster.ingresses, files.ingresses),
      configurations: over(cluster.configurations, files.configurations),
    },
    places: moved,
  }
}

function sameTenant(file: TenantIsolation, { metadata, status }: TenantIsolation): TenantIsolation {
  const { uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, finalizers } = metadata
  return {
    ...file,
    metadata: {
      ...file.metadata,
      ...{ uid, resourceVersion, generation, creationTimestamp },
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(finalizers && { finalizers }),
    },
    ...(status && { status }),
  }
}

function sameNamespace(file: Namespace, { terminating }: Namespace): Namespace {
  return { ...file, terminating }
}

function samePod(file: Pod, { addresses, phase, node }: Pod): Pod {
  return { ...file, addresses: file.addresses.length > 0 ? file.addresses : addresses, phase: file.phase ?? phase, node: file.node ?? node }
}

/** The address of a Service is given once and stays. */
function sameService(file: Service, { spec: { clusterIP, clusterIPs } }: Service): Service {
  return { ...file, spec: { clusterIP, clusterIPs, ...file.spec } }
}
