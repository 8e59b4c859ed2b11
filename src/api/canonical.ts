/** api/canonical.ts — one text for one meaning: JSON with sorted keys, and a short hash of it. */

import { createHash } from 'node:crypto'

/** JSON with the keys of every object sorted and members without a value left out. Equal values give equal bytes. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`)
  }
  return `{${members.join(',')}}`
}

/** The first `length` hexadecimal digits (at most 64) of the SHA-256 of the value's canonical JSON. */
export function hashOf(value: unknown, length: number): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, length)
}

/** For sorting: by canonical JSON, in code unit order, which no locale changes. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
