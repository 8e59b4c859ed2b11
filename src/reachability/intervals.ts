/**
 * reachability/intervals.ts — exact sets on a line of numbers, and nothing else.
 *
 * A set is the rising list of the places where membership flips: [80, 81, 443, 444] holds 80 and 443, and what is before the
 * first place is outside. Equal sets are equal lists, and every operation is one walk along both.
 */

export type Flips<T extends number | bigint> = readonly T[]

/** Whether `place` is in the set. */
export function holds<T extends number | bigint>(set: Flips<T>, place: T): boolean {
  return flipsUpTo(set, place) % 2 === 1
}

/** How many flips are at `place` or before it: the index of the stretch in which it lies. */
export function flipsUpTo<T extends number | bigint>(set: Flips<T>, place: T): number {
  let from = 0
  let to = set.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((set[middle] as T) <= place) from = middle + 1
    else to = middle
  }
  return from
}

export function union<T extends number | bigint>(a: Flips<T>, b: Flips<T>): Flips<T> {
  if (a.length === 0) return b
  if (b.length === 0) return a
  return combine(a, b, (inA, inB) => inA || inB)
}

export function intersection<T extends number | bigint>(a: Flips<T>, b: Flips<T>): Flips<T> {
  return combine(a, b, (inA, inB) => inA && inB)
}

export function difference<T extends number | bigint>(a: Flips<T>, b: Flips<T>): Flips<T> {
  return combine(a, b, (inA, inB) => inA && !inB)
}

export function equal<T extends number | bigint>(a: Flips<T>, b: Flips<T>): boolean {
  return a.length === b.length && a.every((place, index) => place === b[index])
}

/** The stretches of the set, each from its first place to the one behind its last. */
export function stretches<T extends number | bigint>(set: Flips<T>): (readonly [T, T])[] {
  return Array.from({ length: set.length / 2 }, (_, index) => [set[2 * index] as T, set[2 * index + 1] as T] as const)
}

/** `keep` must not take what is in neither. */
function combine<T extends number | bigint>(a: Flips<T>, b: Flips<T>, keep: (inA: boolean, inB: boolean) => boolean): T[] {
  const flips: T[] = []
  let [indexA, indexB, inA, inB, inside] = [0, 0, false, false, false]
  while (indexA < a.length || indexB < b.length) {
    const nextA = a[indexA]
    const nextB = b[indexB]
    const place = nextB === undefined || (nextA !== undefined && nextA <= nextB) ? (nextA as T) : nextB
    if (nextA === place) {
      inA = !inA
      indexA++
    }
    if (nextB === place) {
      inB = !inB
      indexB++
    }
    if (keep(inA, inB) !== inside) {
      inside = !inside
      flips.push(place)
    }
  }
  return flips
}
