/** reachability/problems.ts — what cannot be read is said, with the object and the field, and never guessed. */

export type Problem = {
  /** "NetworkPolicy shop/web", "Pod shop/web-1". */
  readonly object: string
  /** "spec.ingress[0].from[1].ipBlock.cidr"; empty when it is about the object as a whole. */
  readonly field: string
  /** What is wrong, and what to write instead. */
  readonly message: string
}

export function problemText({ object, field, message }: Problem): string {
  return field === '' ? `${object}: ${message}` : `${object}: ${field}: ${message}`
}

/** Says that something is wrong with a field of the object at hand. */
export type Report = (field: string, message: string) => void

export type Fields = Readonly<Record<string, unknown>>

/** The object at `field` without members that are null, which mean the same as none; empty, and reported, when it is no object. */
export function fieldsOf(value: unknown, field: string, report: Report): Fields {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    report(field, 'must be an object')
    return {}
  }
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null && member !== undefined))
}

/** The list at `field`; null and nothing mean the empty list. A null in it is reported: the API server would read it as an empty object. */
export function listOf(value: unknown, field: string, report: Report): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) {
    report(field, 'must be a list')
    return []
  }
  for (const [index, item] of value.entries()) {
    if (item === null || item === undefined) report(`${field}[${index}]`, 'is empty; write what is meant, or leave the entry out')
  }
  return value
}

/** The labels or annotations at `field`. */
export function stringsOf(value: unknown, field: string, report: Report): Readonly<Record<string, string>> {
  const entries = Object.entries(fieldsOf(value, field, report))
  for (const [key, item] of entries) {
    if (typeof item !== 'string') report(`${field}[${key}]`, 'must be of type string; put it in quotes')
  }
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** A text that has to be there. */
export function textOf(value: unknown, field: string, report: Report): string {
  if (typeof value === 'string' && value !== '') return value
  report(field, value === undefined || value === '' ? 'Required value' : 'must be of type string')
  return ''
}

/** A field that is not known could mean anything: what is said about the rest would be a guess. */
export function onlyFields(fields: Fields, known: readonly string[], field: string, report: Report): void {
  for (const key of Object.keys(fields)) if (!known.includes(key)) report(`${field}.${key}`, `unknown field; known are ${known.join(', ')}`)
}
