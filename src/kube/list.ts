/** A complete list in pages. */

import { isGone } from './errors.ts'

export type Page<T> = {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  readonly items?: readonly T[] | null
}

export type PagedListOptions<T> = {
  /** Fetches one page; `limit` is undefined for everything at once. */
  readonly fetchPage: (page: { readonly limit: number | undefined; readonly continue: string | undefined }) => Promise<Page<T>>
  readonly pageSize: number
  /** A list begins, possibly for a second time; `resourceVersion` is the one of all its pages. */
  readonly onStart: (resourceVersion: string) => void
  readonly onItems: (items: readonly T[]) => void
}

/**
 * Gives all pages of one snapshot, and returns its resourceVersion. Rejects as `fetchPage` does.
 *
 * A continue token lives about five minutes (etcd compaction); when it has expired the list starts over, without pages, because a list that
 * was too slow once would be too slow again.
 */
export async function listPages<T>({ fetchPage, pageSize, onStart, onItems }: PagedListOptions<T>): Promise<string> {
  let limit: number | undefined = pageSize
  let token: string | undefined
  let resourceVersion: string | undefined
  for (;;) {
    let page: Page<T>
    try {
      page = await fetchPage({ limit, continue: token })
    } catch (error) {
      if (token === undefined || !isGone(error)) throw error
      limit = undefined
      token = undefined
      resourceVersion = undefined
      continue
    }
    if (resourceVersion === undefined) {
      resourceVersion = page.metadata.resourceVersion
      onStart(resourceVersion)
    }
    onItems(page.items ?? [])
    // Assigned whatever it is: a token kept from the page before would list for ever.
    token = page.metadata.continue
    if (token === undefined || token === '') return resourceVersion
  }
}
