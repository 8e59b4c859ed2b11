/** From a resource and a name to the path and query of a request. Pure. */

import type { Resource } from './resources.ts'

export type Location = {
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * The path of a collection (no name), an object, or a subresource of an object.
 *
 * Every segment is percent-encoded and keeps its case: names of RBAC objects may hold `:` and capitals
 * (k8s.io/apimachinery pkg/api/validation/path). Throws a RangeError where a wrong path would mean something else than was asked: an
 * empty name turns the deletion of an object into the deletion of its collection.
 */
export function pathOf(resource: Resource, location: Location = {}): string {
  const { namespace, name, subresource } = location
  if (namespace !== undefined && !resource.namespaced) throw new RangeError(`${resource.plural} are not in namespaces (got ${namespace})`)
  if (name !== undefined && resource.namespaced && namespace === undefined) {
    throw new RangeError(`${resource.plural} ${name} needs a namespace`)
  }
  if (subresource !== undefined && name === undefined) throw new RangeError(`${resource.plural}/${subresource} needs a name`)

  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
  let path = root
  if (namespace !== undefined) path += `/namespaces/${segment(namespace, 'namespace')}`
  path += `/${resource.plural}`
  if (name !== undefined) path += `/${segment(name, 'name')}`
  if (subresource !== undefined) path += `/${segment(subresource, 'subresource')}`
  return path
}

/** `?a=1&b=2`, or an empty string when nothing is set. Parameters that are undefined are left out. */
export function queryOf(query: Query | undefined): string {
  if (query === undefined) return ''
  let text = ''
  for (const key in query) {
    const value = query[key]
    if (value === undefined) continue
    text += `${text === '' ? '?' : '&'}${encodeURIComponent(key)}=${encodeURIComponent(value)}`
  }
  return text
}

/** The API server refuses exactly these as names, because proxies on the way would resolve them (IsValidPathSegmentName). */
function segment(text: string, what: string): string {
  if (text === '' || text === '.' || text === '..' || text.includes('/') || text.includes('%')) {
    throw new RangeError(`${what} ${JSON.stringify(text)} cannot be part of a path`)
  }
  return encodeURIComponent(text)
}
