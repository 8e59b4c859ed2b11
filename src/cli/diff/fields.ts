/** cli/diff/fields.ts — PURE: how two values differ, field by field. */

import { canonicalJson, compareText } from '../../api/canonical.ts'

/** `before` is missing for what is new, `after` for what goes. */
export type FieldChange = { readonly path: string; readonly before?: unknown; readonly after?: unknown }

/** Nothing for equal values. Items of lists are compared with those that they most likely were before; a path counts them as they are after. */
export function fieldChanges(before: unknown, after: unknown, path = ''): readonly FieldChange[] {
  if (canonicalJson(before) === canonicalJson(after)) return []
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(before, after, path)
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(compareText)
    return names.flatMap((name) => memberChanges(before[name], after[name], path + memberText(name, path)))
  }
  return [{ path, before, after }]
}

function memberChanges(before: unknown, after: unknown, path: string): readonly FieldChange[] {
  if (before === undefined && after === undefined) return []
  if (before === undefined) return [{ path, after }]
  if (after === undefined) return [{ path, before }]
  return fieldChanges(before, after, path)
}

/** As the messages of the API server have it: `.spec`, and `[example.com/app]` for what is no plain name. */
function memberText(name: string, path: string): string {
  return /^\w+$/.test(name) ? `${path && '.'}${name}` : `[${name}]`
}

type Item = { readonly index: number; readonly value: unknown }

function listChanges(before: readonly unknown[], after: readonly unknown[], path: string): readonly FieldChange[] {
  const changes: FieldChange[] = []
  for (const { gone, come } of gaps(before, after)) {
    const pairs = Math.max(gone.length, come.length)
    for (let index = 0; index < pairs; index += 1) {
      const old = gone[index]
      const own = come[index]
      if (old && own) changes.push(...fieldChanges(old.value, own.value, `${path}[${own.index}]`))
      else if (own) changes.push({ path: `${path}[${own.index}]`, after: own.value })
      else if (old) changes.push({ path: `${path}[${old.index}]`, before: old.value })
    }
  }
  return changes
}

/** What stands between the items that both lists have, in the order that both have them (a longest common subsequence). */
function gaps(
  before: readonly unknown[],
  after: readonly unknown[],
): readonly { readonly gone: readonly Item[]; readonly come: readonly Item[] }[] {
  const old = before.map(canonicalJson)
  const own = after.map(canonicalJson)
  // lengths[i][j]: how much of old from i on and of own from j on is common.
  const lengths = Array.from({ length: old.length + 1 }, () => new Array<number>(own.length + 1).fill(0))
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = old.length - 1; i >= 0; i -= 1) {
    const row = lengths[i] ?? []
    for (let j = own.length - 1; j >= 0; j -= 1) row[j] = old[i] === own[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  }
  const found: { gone: Item[]; come: Item[] }[] = [{ gone: [], come: [] }]
  for (let i = 0, j = 0; i < old.length || j < own.length; ) {
    const gap = found.at(-1)
    if (i < old.length && j < own.length && old[i] === own[j]) {
      found.push({ gone: [], come: [] })
      i += 1
      j += 1
    } else if (j >= own.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) {
      gap?.gone.push({ index: i, value: before[i] })
      i += 1
    } else {
      gap?.come.push({ index: j, value: after[j] })
      j += 1
    }
  }
  return found
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
