/** api/members.ts — members of JSON objects that mean something else, or nothing, to whoever reads them. */

/** Maps, whose names are the user's: there nothing is dropped. */
const MAPS = new Set(['matchLabels', 'metadata'])

/** `value` without members that are null, as the API server reads a custom resource: to it, they are not there. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const members = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(members.map(([name, member]) => [name, MAPS.has(name) ? member : withoutNulls(member)]))
}

/** Sentences about members called __proto__: Zod passes over them without a word, and a selector of that label would be empty. */
export function hiddenMembers(value: unknown, path = ''): string[] {
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const at = Array.isArray(value) ? `${path}[${name}]` : `${path}${path && '.'}${name}`
    return name === '__proto__' ? [`${at}: unknown field, and not a label key either`] : hiddenMembers(member, at)
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
