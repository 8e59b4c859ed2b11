/** Reading and writing objects: thin typed functions, one request each. Failures are those of the transport. */

import type { KubeObject, ObjectMeta } from './objects.ts'
import { pathOf, type Query } from './paths.ts'
import type { Resource } from './resources.ts'
import type { KubeRequest, Transport } from './transport.ts'

/** What a request is sent with, beside its object. */
export type RequestOptions = {
  readonly signal?: AbortSignal | undefined
  /** For each attempt; the transport's default unless said. */
  readonly timeoutMs?: number | undefined
}

export type WriteOptions = RequestOptions & {
  /** Instead of the client's own. */
  readonly fieldManager?: string | undefined
  /** Everything but the storing: admission and validation run. */
  readonly dryRun?: boolean | undefined
}

export type ObjectName = { readonly namespace?: string | undefined; readonly name: string }

export type ListOptions = RequestOptions & {
  /** All namespaces unless said. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  readonly limit?: number | undefined
  readonly continue?: string | undefined
  readonly resourceVersion?: string | undefined
}

export type KubeList<T> = {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number }
  readonly items: readonly T[]
}

/**
 * `merge`: RFC 7386; `json`: RFC 6902; `strategic`: built-in kinds only; `apply`: server-side apply, which needs a field manager and takes
 * fields from other managers only with `force`.
 */
export type Patch =
  | { readonly type: 'merge' | 'strategic'; readonly body: unknown }
  | { readonly type: 'json'; readonly body: readonly unknown[] }
  | { readonly type: 'apply'; readonly body: unknown; readonly force?: boolean }

export type DeleteOptions = RequestOptions & {
  /** The server refuses with a Conflict when the object is not this one any more. */
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined
  readonly dryRun?: boolean | undefined
}

/** `gone`: the object does not exist any more; `terminating`: it waits for finalizers or a grace period. */
export type DeleteOutcome = 'gone' | 'terminating'

/** What a write needs of its object; where it goes is read from the metadata. */
export type Writable = { readonly metadata: Pick<ObjectMeta, 'name' | 'namespace' | 'resourceVersion'> }

export type Client = {
  get<T extends KubeObject>(resource: Resource, at: ObjectName, options?: RequestOptions): Promise<T>
  /** One page when `limit` is given. */
  list<T>(resource: Resource, options?: ListOptions): Promise<KubeList<T>>
  create<T extends Writable>(resource: Resource, object: T, options?: WriteOptions): Promise<Stored<T>>
  /** Replaces; a Conflict when the object holds a resourceVersion that is no longer the stored one. */
  update<T extends Writable>(resource: Resource, object: T, options?: WriteOptions): Promise<Stored<T>>
  /** Like `update`, for the status subresource; the server ignores everything but status and metadata. */
  updateStatus<T extends Writable>(resource: Resource, object: T, options?: WriteOptions): Promise<Stored<T>>
  patch<T extends KubeObject>(
    resource: Resource,
    at: ObjectName & { readonly subresource?: string | undefined },
    patch: Patch,
    options?: WriteOptions,
  ): Promise<Stored<T>>
  delete(resource: Resource, at: ObjectName, options?: DeleteOptions): Promise<DeleteOutcome>
}

/** What comes back from a write: the object as it is stored now. */
export type Stored<T> = T & { readonly metadata: ObjectMeta & { readonly uid: string; readonly resourceVersion: string } }

const PATCH_TYPES: Readonly<Record<Patch['type'], string>> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  // The server parses it as YAML, of which JSON is a part.
  apply: 'application/apply-patch+yaml',
}

export function createClient(transport: Transport, defaults: { readonly fieldManager: string }): Client {
  const writeQuery = (options: WriteOptions | undefined): Query => ({
    fieldManager: options?.fieldManager ?? defaults.fieldManager,
    dryRun: options?.dryRun ? 'All' : undefined,
  })

  const put = <T extends Writable>(resource: Resource, object: T, options: WriteOptions | undefined, subresource?: string) =>
    transport.request<Stored<T>>({
      ...common(resource, options),
      method: 'PUT',
      path: pathOf(resource, { ...placeOf(object), subresource }),
      query: writeQuery(options),
      body: object,
    })

  return {
    get: (resource, { namespace, name }, options) =>
      transport.request({ ...common(resource, options), method: 'GET', path: pathOf(resource, { namespace, name }) }),

    list(resource, options = {}) {
      const { namespace, signal: _signal, timeoutMs: _timeoutMs, ...query } = options
      return transport.request({ ...common(resource, options), method: 'GET', verb: 'list', path: pathOf(resource, { namespace }), query })
    },

    create: (resource, object, options) =>
      transport.request({
        ...common(resource, options),
        method: 'POST',
        path: pathOf(resource, { namespace: object.metadata.namespace }),
        query: writeQuery(options),
        body: object,
      }),

    update: (resource, object, options) => put(resource, object, options),
    updateStatus: (resource, object, options) => put(resource, object, options, 'status'),

    patch: (resource, { namespace, name, subresource }, patch, options) =>
      transport.request({
        ...common(resource, options),
        method: 'PATCH',
        path: pathOf(resource, { namespace, name, subresource }),
        query: { ...writeQuery(options), force: patch.type === 'apply' ? patch.force : undefined },
        contentType: PATCH_TYPES[patch.type],
        body: patch.body,
      }),

    async delete(resource, { namespace, name }, options = {}) {
      const { uid, resourceVersion, propagationPolicy, dryRun } = options
      const preconditions = uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion }
      const answer = await transport.request<Deleted>({
        ...common(resource, options),
        method: 'DELETE',
        path: pathOf(resource, { namespace, name }),
        body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions, propagationPolicy, dryRun: dryRun ? ['All'] : undefined },
      })
      return outcomeOf(answer)
    },
  }
}

type Deleted = {
  readonly kind?: string
  readonly metadata?: Partial<ObjectMeta>
  /** Namespaces keep their finalizer here. */
  readonly spec?: { readonly finalizers?: readonly string[] }
}

/** The answer to a DELETE is a Status, or the object: as it was when it went, or as it waits to go. */
function outcomeOf({ kind, metadata, spec }: Deleted): DeleteOutcome {
  if (kind === 'Status' || metadata === undefined) return 'gone'
  const waiting =
    (metadata.finalizers?.length ?? 0) > 0 || (spec?.finalizers?.length ?? 0) > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0
  return waiting ? 'terminating' : 'gone'
}

function placeOf(object: Writable): ObjectName {
  const { namespace, name } = object.metadata
  return { namespace, name }
}

function common(resource: Resource, options: RequestOptions | undefined): Pick<KubeRequest, 'resource' | 'signal' | 'timeoutMs'> {
  return { resource: resource.plural, signal: options?.signal, timeoutMs: options?.timeoutMs }
}
