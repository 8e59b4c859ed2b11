/** cli/input/overlay.ts — PURE: files laid over a cluster: what it would be once they were applied. */

import type { TenantIsolation } from '../../api/tenant-isolation.ts'
import type { Namespace } from './kinds/namespace.ts'
import type { Pod } from './kinds/pod.ts'
import type { Service } from './kinds/service.ts'
import { NO_UID, NOT_YET_CREATED } from './kinds/tenant-isolation.ts'
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
  const over = <T>(
    below: ReadonlyMap<string, T>,
    above: ReadonlyMap<string, T>,
    asApplied: (file: T, known: T | undefined) => T = (file) => file,
  ): Map<string, T> => {
    const merged = new Map(below)
    for (const [key, file] of above) {
      const object = asApplied(file, below.get(key))
      const place = places.get(file)
      if (place) moved.set(object, place)
      merged.set(key, object)
    }
    return merged
  }
  return {
    objects: {
      tenants: over(cluster.tenants, files.tenants, tenantAsApplied),
      namespaces: over(cluster.namespaces, files.namespaces, namespaceAsApplied),
      networkPolicies: over(cluster.networkPolicies, files.networkPolicies),
      pods: over(cluster.pods, files.pods, podAsApplied),
      workloads: over(cluster.workloads, files.workloads),
      services: over(cluster.services, files.services, serviceAsApplied),
      endpointSlices: over(cluster.endpointSlices, files.endpointSlices),
      ingresses: over(cluster.ingresses, files.ingresses),
      configurations: over(cluster.configurations, files.configurations),
    },
    places: moved,
  }
}

/** What another cluster has said of it, in a file that was taken from there, means nothing in this one. */
function tenantAsApplied(file: TenantIsolation, known: TenantIsolation | undefined): TenantIsolation {
  const { name, labels, annotations } = file.metadata
  const { apiVersion, kind, spec } = file
  return {
    apiVersion,
    kind,
    metadata: {
      ...(known ? known.metadata : NEW),
      name,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
    },
    spec,
    ...(known?.status && { status: known.status }),
  }
}

const NEW = { uid: NO_UID, resourceVersion: '', generation: 0, creationTimestamp: NOT_YET_CREATED }

function namespaceAsApplied(file: Namespace, known: Namespace | undefined): Namespace {
  return { ...file, terminating: known?.terminating ?? false }
}

function podAsApplied(file: Pod, known: Pod | undefined): Pod {
  if (!known) return file
  const { addresses, nodeAddresses, phase, node } = known
  return { ...file, addresses, nodeAddresses, phase, node }
}

/** The address of a Service is given once and stays. */
function serviceAsApplied(file: Service, known: Service | undefined): Service {
  return known ? { ...file, spec: { ...file.spec, clusterIP: known.spec.clusterIP, clusterIPs: known.spec.clusterIPs } } : file
}
