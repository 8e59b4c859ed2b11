/** cli/input/objects.ts — PURE: objects by kind, each understood, each once, and known by where it came from. */

import { canonicalJson } from '../../api/canonical.ts'
import type { Configuration } from '../../api/configuration.ts'
import type { TenantIsolation } from '../../api/tenant-isolation.ts'
import type { Located, Place } from './documents.ts'
import { type Kind, kindOf } from './kinds/kinds.ts'
import type { Namespace } from './kinds/namespace.ts'
import type { NetworkPolicy } from './kinds/network-policy.ts'
import type { Pod, Workload } from './kinds/pod.ts'
import type { EndpointSlice, Ingress, Service } from './kinds/service.ts'

/** By `namespace/name`, or the name of what is in no namespace; workloads by their kind as well. */
export type Objects = {
  readonly tenants: ReadonlyMap<string, TenantIsolation>
  readonly namespaces: ReadonlyMap<string, Namespace>
  readonly networkPolicies: ReadonlyMap<string, NetworkPolicy>
  readonly pods: ReadonlyMap<string, Pod>
  readonly workloads: ReadonlyMap<string, Workload>
  readonly services: ReadonlyMap<string, Service>
  readonly endpointSlices: ReadonlyMap<string, EndpointSlice>
  readonly ingresses: ReadonlyMap<string, Ingress>
  readonly configurations: ReadonlyMap<string, Configuration>
}

export function noObjects(): { [Name in keyof Objects]: Map<string, Objects[Name] extends ReadonlyMap<string, infer T> ? T : never> } {
  return {
    tenants: new Map(),
    namespaces: new Map(),
    networkPolicies: new Map(),
    pods: new Map(),
    workloads: new Map(),
    services: new Map(),
    endpointSlices: new Map(),
    ingresses: new Map(),
    configurations: new Map(),
  }
}

export type Collected = {
  readonly objects: Objects
  /** Where each object stands. */
  readonly places: ReadonlyMap<unknown, Place>
  /** What cannot be understood: file, line, object and field, each a sentence. */
  readonly mistakes: readonly string[]
  /** What was passed over, by kind: how many. */
  readonly skipped: ReadonlyMap<string, number>
}

/** `namespace` is for objects that need one and name none, as it is for kubectl. */
export function collect(all: readonly Located[], namespace: string): Collected {
  const objects = noObjects()
  const places = new Map<unknown, Place>()
  const mistakes: string[] = []
  const skipped = new Map<string, number>()
  const firsts = new Map<string, Located>()
  for (const located of all) {
    const { apiVersion, kind: name } = headOf(located.value)
    const kind = name === undefined ? undefined : kindOf(apiVersion, name)
    if (!kind) {
      const what = name === undefined ? 'what has no kind' : `kind ${name} (${apiVersion || 'no apiVersion'})`
      skipped.set(what, (skipped.get(what) ?? 0) + 1)
      continue
    }
    if ('violation' in kind) {
      mistakes.push(mistakeAt(located, kind.violation))
      continue
    }
    const placed = withNamespace(located.value, kind, namespace)
    const reading = kind.read(placed)
    if ('violations' in reading) {
      mistakes.push(...reading.violations.map((violation) => mistakeAt(located, violation)))
      continue
    }
    const key = keyOf(placed, kind)
    const id = `${kind.resource.kind} ${key}`
    const first = firsts.get(id)
    if (first && canonicalJson(first.value) !== canonicalJson(located.value)) {
      mistakes.push(`${placeOf(located)}: ${id} is also in ${placeOf(first)}, and says something else there; keep one of them`)
      continue
    }
    firsts.set(id, located)
    places.set(reading.value, { file: located.file, lineOf: located.lineOf })
    ;(objects[kind.collection] as Map<string, unknown>).set(kind.collection === 'workloads' ? id : key, reading.value)
  }
  return { objects, places, mistakes, skipped }
}

function headOf(value: unknown): { readonly apiVersion: string; readonly kind: string | undefined } {
  const { apiVersion, kind } = isRecord(value) ? value : {}
  return { apiVersion: typeof apiVersion === 'string' ? apiVersion : '', kind: typeof kind === 'string' ? kind : undefined }
}

function withNamespace(value: unknown, { resource }: Kind, usual: string): unknown {
  if (!resource.namespaced || !isRecord(value) || !isRecord(value.metadata)) return value
  const { namespace } = value.metadata
  return { ...value, metadata: { ...value.metadata, namespace: namespace || usual } }
}

function keyOf(value: unknown, { resource }: Kind): string {
  const { namespace, name, generateName } = isRecord(value) && isRecord(value.metadata) ? value.metadata : {}
  const known = String(name ?? `${generateName}*`)
  return resource.namespaced ? `${namespace}/${known}` : known
}

/** `file:line: Kind name (document): field: what is wrong` */
export function mistakeAt(located: Located, violation: string): string {
  const field = /^[^:\s]*(?=:)/.exec(violation)?.[0] ?? ''
  const { kind = 'object' } = headOf(located.value)
  const metadata = isRecord(located.value) && isRecord(located.value.metadata) ? located.value.metadata : {}
  const name = [metadata.namespace, metadata.name].filter((part) => typeof part === 'string').join('/')
  const which = `document ${located.document}${located.path && `, ${located.path}`}`
  return `${placeOf(located, field)}: ${kind}${name && ` ${name}`} (${which}): ${violation}`
}

/** `file:line` */
export function placeOf({ file, lineOf }: Place, field?: string): string {
  const line = lineOf(field)
  return line === undefined ? file : `${file}:${line}`
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
