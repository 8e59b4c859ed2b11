/** reachability/engine/row-sums.ts — a row added up by group, before any set of ports is looked at. */

import type { Member } from '../classes.ts'
import type { Groups } from '../groups.ts'
import { passesBy, passesTo, type Row, type Rows } from './rows.ts'

/** Which kinds of things hold between two classes, as masks. */
export type MaskJudge = {
  readonly kinds: number
  /** `passes` has two masks for each network: what passes surely, and what passes in some reading. Writes a mask for each kind to `out`. */
  readonly masks: (passes: Int32Array, out: Int32Array) => void
}

/** What holds from the source of a row to a group. */
export type RowSum = {
  readonly group: number
  readonly kind: number
  /** One number per word. */
  readonly mask: readonly number[]
  /** To how many pods of the group, for one of the source's. */
  readonly pods: number
  readonly example: Member
}

export type RowSums = {
  readonly sums: readonly RowSum[]
  /** What holds among the pods of the source's own class, for each kind; undefined where nothing does. */
  readonly own: readonly (readonly number[] | undefined)[]
}

/** Classes for which a row holds the same as long as it says nothing of them in particular: they are open in the same networks. */
type Pattern = { readonly open: readonly boolean[]; readonly outside: boolean; readonly groups: readonly PatternGroup[] }
type PatternGroup = {
  readonly group: number
  readonly pods: number
  readonly members: readonly { readonly id: number; readonly first: Member }[]
}

export function rowAdder({ space, compiled }: Rows, groups: Groups, { kinds, masks }: MaskJudge): (row: Row) => RowSums {
  const isOutside = space.classes.map(({ in: endpoints }) => endpoints.some((one) => one?.kind === 'Outside'))
  const patternKeys = space.classes.map(({ id }) => `${isOutside[id]} ${compiled.map(({ open }) => open[id]).join()}`)
  const patterns = patternsOf(patternKeys)
  const passes = new Int32Array(2 * compiled.length)
  const out = new Int32Array(kinds)
  const slots = groups.all.length * kinds
  const pods = new Float64Array(slots)
  const examples: (Member | undefined)[] = Array(slots).fill(undefined)
  let bits = new Int32Array(slots)
  let found = new Int32Array(kinds)

  return (row) => {
    const { touched, source } = row
    const { words } = row.pieces
    if (bits.length < slots * words) [bits, found] = [new Int32Array(slots * words), new Int32Array(kinds * words)]
    const hits: number[] = []
    let own: RowSums['own'] = []
    const particular = touched.includes(source.id) ? touched : [...touched, source.id]
    for (const id of particular) {
      const shares = groups.shares[id] ?? []
      if (shares.length === 0 || (isOutside[id] && isOutside[source.id]) || !judgeClass(row, id)) continue
      if (id === source.id) {
        own = Array.from({ length: kinds }, (_, kind) => maskOf(found, kind, words))
        continue
      }
      for (const { group, members } of shares) {
        const [first] = members
        if (first) addFound(group, members.length, first, words, hits)
      }
    }
    const particulars = countByPattern(particular)
    const isParticular = new Set(particular)
    for (const [key, pattern] of patterns) {
      if ((pattern.outside && isOutside[source.id]) || !judgePattern(row, pattern)) continue
      for (const { group, pods: all, members } of pattern.groups) {
        const rest = all - (particulars.get(key)?.get(group) ?? 0)
        const example = rest > 0 ? members.find(({ id }) => !isParticular.has(id)) : undefined
        if (example) addFound(group, rest, example.first, words, hits)
      }
    }
    return { sums: hits.map((slot) => take(slot, words)), own }
  }

  function patternsOf(keys: readonly string[]): ReadonlyMap<string, Pattern> {
    return new Map(
      [...Map.groupBy(space.classes, ({ id }) => keys[id] ?? '')].map(([key, classes]) => {
        const shares = Map.groupBy(
          classes.flatMap(({ id }) => (groups.shares[id] ?? []).map((share) => ({ id, ...share }))),
          ({ group }) => group,
        )
        const perGroup = [...shares].map(
          ([group, some]): PatternGroup => ({
            group,
            pods: some.reduce((sum, { members }) => sum + members.length, 0),
            members: some.flatMap(({ id, members: [first] }) => (first ? [{ id, first }] : [])),
          }),
        )
        const id = classes[0]?.id ?? 0
        return [key, { open: compiled.map(({ open }) => open[id] === 1), outside: isOutside[id] ?? false, groups: perGroup }]
      }),
    )
  }

  /** How many pods of each pattern and group are in these classes. */
  function countByPattern(ids: readonly number[]): ReadonlyMap<string, ReadonlyMap<number, number>> {
    const counts = new Map<string, Map<number, number>>()
    for (const id of ids) {
      const key = patternKeys[id] ?? ''
      const known = counts.get(key) ?? new Map<number, number>()
      for (const { group, members } of groups.shares[id] ?? []) known.set(group, (known.get(group) ?? 0) + members.length)
      counts.set(key, known)
    }
    return counts
  }

  /** Fills `found` with what holds from the source to a class; false when nothing does. */
  function judgeClass({ pieces, all, surely, maybe }: Row, id: number): boolean {
    return judge(pieces.words, (network, word) => {
      const [compiledNetwork, sure, possible] = [compiled[network], surely[network], maybe[network]]
      if (!compiledNetwork || !sure || !possible) return
      passes[2 * network] = passesTo(sure, compiledNetwork, all, word, id)
      passes[2 * network + 1] = sure === possible ? (passes[2 * network] ?? 0) : passesTo(possible, compiledNetwork, all, word, id)
    })
  }

  function judgePattern({ pieces, all, surely, maybe }: Row, { open }: Pattern): boolean {
    return judge(pieces.words, (network, word) => {
      const [sure, possible, isOpen] = [surely[network], maybe[network], open[network] ?? false]
      passes[2 * network] = sure ? passesBy(sure, isOpen, all, word) : 0
      passes[2 * network + 1] = possible ? passesBy(possible, isOpen, all, word) : 0
    })
  }

  function judge(words: number, fill: (network: number, word: number) => void): boolean {
    let any = 0
    for (let word = 0; word < words; word++) {
      for (let network = 0; network < compiled.length; network++) fill(network, word)
      masks(passes, out)
      for (let kind = 0; kind < kinds; kind++) {
        found[kind * words + word] = out[kind] ?? 0
        any |= out[kind] ?? 0
      }
    }
    return any !== 0
  }

  /** Adds what was found to the sums of a group; `hits` are the sums that are no longer empty. */
  function addFound(group: number, count: number, example: Member, words: number, hits: number[]): void {
    for (let kind = 0; kind < kinds; kind++) {
      if (isEmpty(found, kind, words)) continue
      const slot = group * kinds + kind
      if (!examples[slot]) {
        hits.push(slot)
        examples[slot] = example
      }
      pods[slot] = (pods[slot] ?? 0) + count
      for (let word = 0; word < words; word++) {
        const at = slot * words + word
        bits[at] = (bits[at] ?? 0) | (found[kind * words + word] ?? 0)
      }
    }
  }

  /** The sum in a slot, which is empty again afterwards. */
  function take(slot: number, words: number): RowSum {
    const example = examples[slot] as Member
    const sum = {
      group: Math.floor(slot / kinds),
      kind: slot % kinds,
      mask: maskOf(bits, slot, words) ?? [],
      pods: pods[slot] ?? 0,
      example,
    }
    examples[slot] = undefined
    pods[slot] = 0
    bits.fill(0, slot * words, (slot + 1) * words)
    return sum
  }
}

function isEmpty(masks: Int32Array, index: number, words: number): boolean {
  for (let word = 0; word < words; word++) if (masks[index * words + word] !== 0) return false
  return true
}

function maskOf(masks: Int32Array, index: number, words: number): readonly number[] | undefined {
  return isEmpty(masks, index, words) ? undefined : [...masks.subarray(index * words, (index + 1) * words)]
}
