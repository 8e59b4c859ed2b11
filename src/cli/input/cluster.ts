/** cli/input/cluster.ts — reading from a cluster: lists in pages, reduced as they come, and one clear sentence when something is in the way. */

import { FIELD_MANAGER } from '../../api/labels.ts'
import { isForbidden, isNotFound, isUnauthorized, KubeApiError, TransportError } from '../../kube/errors.ts'
import { listPages, type Page } from '../../kube/list.ts'
import { pathOf } from '../../kube/paths.ts'
import type { Resource } from '../../kube/resources.ts'
import { createTransport, type Transport, type TransportOptions } from '../../kube/transport.ts'
import { untilInterrupted } from '../interrupt.ts'
import { type KubeconfigOptions, loadKubeConfig } from '../kubeconfig.ts'
import { createProgress, type Progress } from '../output/progress.ts'
import type { Shell } from '../shell.ts'
import { UsageError } from '../usage-error.ts'
import { missingRights, type Right } from './rights.ts'

const PAGE_SIZE = 500

export type Selection = {
  /** All namespaces unless said. */
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly labelSelector?: string | undefined
  /** Where the right has to hold: in the whole cluster unless said. */
  readonly rightIn?: string | undefined
}

export type Cluster = {
  /**
   * What `take` makes of each object that the API server lists; what it makes nothing of is forgotten. Undefined when the API server does
   * not know the kind.
   */
  list<T>(resource: Resource, take: (object: unknown) => T | undefined, selection?: Selection): Promise<readonly T[] | undefined>
  /** The object, or undefined when there is none of that name. */
  get<T>(resource: Resource, at: { readonly namespace?: string; readonly name: string }, rightIn?: string): Promise<T | undefined>
  /** Whether the API server serves this kind in this version; asked of discovery, which everybody may read who has logged in. */
  serves(resource: Resource): Promise<boolean>
}

/** Throws a UsageError for what a person can mend: no answer, unknown credentials, rights that are missing, all of them at once. */
export async function inCluster<T>(options: KubeconfigOptions, shell: Shell, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const kubeConfig = loadKubeConfig(options)
  const server = kubeConfig.getCurrentCluster()?.server ?? ''
  const progress = createProgress(shell.stderr)
  try {
    return await untilInterrupted(async (signal) => {
      const transport = transportFor({ kubeConfig, userAgent: `${FIELD_MANAGER}/${shell.version} (command line)`, signal })
      const missing: Right[] = []
      try {
        return await work(clusterOf(transport, { signal, progress, missing }))
      } catch (error) {
        if (missing.length > 0) throw new UsageError(missingRights(await userOf(transport), missing, server))
        throw sentenceOf(error, server)
      } finally {
        await transport.close()
      }
    })
  } finally {
    progress.end()
  }
}

function transportFor(options: TransportOptions): Transport {
  try {
    return createTransport(options)
  } catch (error) {
    // A proxy of a kind that is not supported.
    throw error instanceof RangeError ? new UsageError(error.message) : error
  }
}

/** The outcomes of all, once all have ended: of several that fail for want of a right, each is heard. */
export async function together<T extends readonly unknown[]>(work: { readonly [Index in keyof T]: Promise<T[Index]> }): Promise<T> {
  const outcomes = await Promise.allSettled(work as readonly Promise<unknown>[])
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
  return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined)) as unknown as T
}

type Reading = { readonly signal: AbortSignal; readonly progress: Progress; readonly missing: Right[] }

function clusterOf(transport: Transport, { signal, progress, missing }: Reading): Cluster {
  const heard = async <T>(right: Right, request: Promise<T>): Promise<T> => {
    try {
      return await request
    } catch (error) {
      if (isForbidden(error)) missing.push(right)
      throw error
    }
  }
  return {
    async list(resource, take, { namespace, name, labelSelector, rightIn } = {}) {
      type Taken = NonNullable<ReturnType<typeof take>>
      let taken: Taken[] = []
      let seen = 0
      const pages = listPages<unknown>({
        pageSize: PAGE_SIZE,
        fetchPage: async ({ limit, continue: token }) => {
          progress.at(`reading ${resource.plural}`, seen || undefined)
          return await transport.request<Page<unknown>>({
            method: 'GET',
            verb: 'list',
            resource: resource.plural,
            path: pathOf(resource, { namespace }),
            query: { limit, continue: token, labelSelector, fieldSelector: name === undefined ? undefined : `metadata.name=${name}` },
            signal,
          })
        },
        onStart: () => {
          taken = []
          seen = 0
        },
        onItems: (items) => {
          seen += items.length
          for (const item of items) {
            const kept = take(item)
            if (kept !== undefined && kept !== null) taken.push(kept as Taken)
          }
        },
      })
      try {
        await heard({ verb: 'list', resource, namespace: rightIn }, pages)
        return taken
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },
    async get<T>(resource: Resource, at: { readonly namespace?: string; readonly name: string }, rightIn?: string) {
      const request = transport.request<T>({ method: 'GET', resource: resource.plural, path: pathOf(resource, at), signal })
      return await heard({ verb: 'get', resource, namespace: rightIn }, request).catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
    },
    async serves({ group, version, plural }) {
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
      try {
        const { resources } = await transport.request<{ readonly resources: readonly { readonly name: string }[] }>({
          method: 'GET',
          path,
          signal,
        })
        return resources.some(({ name }) => name === plural)
      } catch (error) {
        if (isNotFound(error)) return false
        throw error
      }
    },
  }
}

type Review = { readonly status?: { readonly userInfo?: { readonly username?: string } } }

/** As the API server sees us (SelfSubjectReview, which everybody may ask who has logged in). */
async function userOf(transport: Transport): Promise<string> {
  try {
    const review = await transport.request<Review>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    })
    return review.status?.userInfo?.username ?? 'USER'
  } catch {
    return 'USER'
  }
}

function sentenceOf(error: unknown, server: string): unknown {
  if (isUnauthorized(error)) return new UsageError(`${server} does not know these credentials; log in again, or choose another --context`)
  if (error instanceof TransportError && error.failure === 'credentials') return new UsageError(error.message)
  if (error instanceof TransportError)
    return new UsageError(
      `${server} cannot be read: ${error.message}; choose the cluster with --kubeconfig and --context, or give files with -f`,
    )
  if (error instanceof KubeApiError) return new UsageError(`${server} cannot be read: ${error.message}`)
  return error
}
