/** reachability/engine/pool.ts — sets of ports by number, so that thousands of pods that share a set share one, and comparing is comparing numbers. */

import { NO_PORTS, type PortSet, unionPorts } from '../ports.ts'

/** 0 is the empty set. */
export type PortsId = number

/** A port set cut into pieces that a group of other sets cannot tell apart; bit n of word w of a mask is piece 30 * w + n. */
export type Pieces = {
  readonly pieces: readonly PortSet[]
  readonly words: number
  /** The masks of the sets that were cut, one number per word. */
  readonly masks: ReadonlyMap<PortsId, readonly number[]>
}

/** Bits that are used of a number: bitwise operations take 32, and the sign stays out of it. */
export const WORD = 30

export type PortPool = {
  readonly idOf: (ports: PortSet) => PortsId
  readonly get: (id: PortsId) => PortSet
  readonly union: (a: PortsId, b: PortsId) => PortsId
  readonly piecesOf: (ids: readonly PortsId[]) => Pieces
}

/** A pool that remembers what it has worked out. */
export function portPool(): PortPool {
  const sets: PortSet[] = [NO_PORTS]
  const ids = new Map<string, PortsId>()
  const unions = new Map<string, PortsId>()
  const cut = new Map<string, Pieces>()
  const idOf = (ports: PortSet): PortsId => {
    if (ports.length === 0) return 0
    const text = ports.join()
    const known = ids.get(text)
    if (known !== undefined) return known
    ids.set(text, sets.length)
    return sets.push(ports) - 1
  }
  const get = (id: PortsId) => sets[id] ?? NO_PORTS
  return {
    idOf,
    get,
    union: (a, b) => {
      if (a === b || b === 0) return a
      if (a === 0) return b
      const key = a < b ? `${a},${b}` : `${b},${a}`
      const known = unions.get(key) ?? idOf(unionPorts(get(a), get(b)))
      unions.set(key, known)
      return known
    },
    piecesOf: (some) => {
      const sorted = [...new Set(some)].filter((id) => id !== 0).sort((a, b) => a - b)
      const key = sorted.join()
      const known = cut.get(key) ?? cutPorts(sorted, get)
      cut.set(key, known)
      return known
    },
  }
}

/** Stretches of ports that lie in the same sets belong to one piece. */
function cutPorts(ids: readonly PortsId[], get: (id: PortsId) => PortSet): Pieces {
  const borders = ids.flatMap((id, index) => get(id).map((at) => ({ at, index }))).sort((a, b) => a.at - b.at)
  const open = new Set<number>()
  const byMembers = new Map<string, { readonly members: readonly number[]; readonly flips: number[] }>()
  for (const [position, { at, index }] of borders.entries()) {
    if (!open.delete(index)) open.add(index)
    const end = borders[position + 1]?.at ?? at
    if (end === at || open.size === 0) continue
    const members = [...open].sort((a, b) => a - b)
    const piece = byMembers.get(members.join()) ?? { members, flips: [] }
    if (piece.flips.at(-1) === at) piece.flips.pop()
    else piece.flips.push(at)
    piece.flips.push(end)
    byMembers.set(members.join(), piece)
  }
  const pieces = [...byMembers.values()]
  const words = Math.max(1, Math.ceil(pieces.length / WORD))
  const masks = new Map(
    ids.map((id, index) => {
      const mask = Array<number>(words).fill(0)
      for (const [number, { members }] of pieces.entries()) {
        if (members.includes(index)) mask[Math.floor(number / WORD)] = (mask[Math.floor(number / WORD)] ?? 0) | (1 << (number % WORD))
      }
      return [id, mask] as const
    }),
  )
  return { pieces: pieces.map(({ flips }) => flips), words, masks }
}
