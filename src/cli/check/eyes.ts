/** cli/check/eyes.ts — looking at a cluster, where what may not be seen is an answer, too. */

import { isForbidden } from '../../kube/errors.ts'
import type { Resource } from '../../kube/resources.ts'
import type { Cluster, Selection } from '../input/cluster.ts'
import type { Right } from '../input/rights.ts'
import type { Seen } from './facts.ts'

export type Eyes = Pick<Cluster, 'review'> & {
  /** The rights for want of which something could not be seen, so far. */
  readonly unseen: readonly Right[]
  get<T>(resource: Resource, at: { readonly namespace?: string; readonly name: string }): Promise<Seen<T | undefined>>
  list<T>(resource: Resource, take: (object: unknown) => T | undefined, selection?: Selection): Promise<Seen<readonly T[] | undefined>>
  /** What the request says, or `unseen` when it is forbidden for want of this right. */
  orUnseen<T>(right: Right, request: Promise<T>): Promise<Seen<T>>
}

export function createEyes(cluster: Cluster): Eyes {
  const unseen: Right[] = []
  const orUnseen = async <T>(right: Right, request: Promise<T>): Promise<Seen<T>> => {
    try {
      return await request
    } catch (error) {
      if (!isForbidden(error)) throw error
      unseen.push(right)
      return 'unseen'
    }
  }
  return {
    unseen,
    orUnseen,
    review: cluster.review,
    get: (resource, at) => orUnseen({ verb: 'get', resource, namespace: at.namespace }, cluster.get(resource, at, at.namespace)),
    list: (resource, take, selection = {}) =>
      orUnseen(
        { verb: 'list', resource, namespace: selection.namespace },
        cluster.list(resource, take, { ...selection, rightIn: selection.namespace }),
      ),
  }
}
