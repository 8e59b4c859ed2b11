/** reachability/engine/covering.ts — for many places at once, which of many sets of addresses hold them. */

import type { AddressPlace, AddressSet } from '../addresses.ts'

const NONE: readonly number[] = []

/** For each of `places`, the indexes of the sets that hold it, rising. One walk along all borders and all places. */
export function coveringSets(sets: readonly AddressSet[], places: readonly AddressPlace[]): (place: AddressPlace) => readonly number[] {
  const borders = sets.flatMap((set, index) => set.map((at) => ({ at, index }))).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const found = new Map<AddressPlace, readonly number[]>()
  const open = new Set<number>()
  let [next, current] = [0, NONE]
  for (const place of [...new Set(places)].sort((a, b) => (a < b ? -1 : 1))) {
    const before = next
    for (let border = borders[next]; border && border.at <= place; border = borders[++next]) {
      if (!open.delete(border.index)) open.add(border.index)
    }
    if (next !== before) current = [...open].sort((a, b) => a - b)
    found.set(place, current)
  }
  return (place) => found.get(place) ?? NONE
}
