/** reachability/engine/blame.ts — which policies of others make that one class reaches another, where ours alone would not let it. */

import type { Policy } from '../policy.ts'
import type { IngressOpening } from './compiled.ts'
import type { PortsId } from './pool.ts'
import { passesTo, type Row, type Rows } from './rows.ts'

/** A policy opens ports from the source of a row to a class. */
export type Blame = {
  readonly policy: Policy
  readonly destination: number
  /** As in special.ts. */
  readonly oneNode: boolean | undefined
  /** What ours alone would never open, and what ours would open in fewer readings. */
  readonly surely: PortsId
  readonly any: PortsId
}

/** The two networks of the rows: ours alone, and all policies. */
export const OURS = 0
export const ALL = 1

/** For pairs that are judged by their rules alone. The rows must know the openings of these policies apart (rows.ts). */
export function blamesInMasks(
  rows: Rows,
  row: Row,
  foreign: ReadonlySet<Policy>,
  portsOf: (mask: readonly number[]) => PortsId,
): readonly Blame[] {
  const blames: Blame[] = []
  const blame = (policy: Policy, openings: readonly Opening[], openedByOurs: (id: number, word: number) => number) => {
    const { destinations, masksOf } = layOut(rows, row, openings)
    for (const destination of destinations) {
      const changed = masksOf(destination).map((mask, word) => {
        const { surely, any } = changeTo(rows, row, destination, word)
        const own = mask & ~openedByOurs(destination, word)
        return { surely: surely & own, any: any & own }
      })
      const any = portsOf(changed.map((masks) => masks.any))
      if (any !== 0) blames.push({ policy, destination, oneNode: undefined, surely: portsOf(changed.map((masks) => masks.surely)), any })
    }
  }
  const size = rows.space.classes.length
  const [ours, open] = [row.surely[OURS], rows.compiled[OURS]?.open]
  for (const [policy, openings] of egressOf(rows, row, foreign)) {
    blame(policy, openings, (id, word) => (ours?.toAll[word] ?? 0) | (ours?.egress[word * size + id] ?? 0))
  }
  for (const [policy, openings] of ingressOf(rows, row)) {
    blame(policy, openings, (id, word) => (open?.[id] ? (row.all[word] ?? 0) : (ours?.ingress[word * size + id] ?? 0)))
  }
  return blames
}

/** What the policies of others change between the source and a class. */
function changeTo(
  { compiled }: Rows,
  { surely, maybe, all }: Row,
  id: number,
  word: number,
): { readonly surely: number; readonly any: number } {
  const passes = (network: number, laid: Row['surely']) => {
    const [one, other] = [laid[network], compiled[network]]
    return one && other ? passesTo(one, other, all, word, id) : 0
  }
  const [surelyBefore, surelyAfter] = [passes(OURS, surely), passes(ALL, surely)]
  const [maybeBefore, maybeAfter] = [passes(OURS, maybe), passes(ALL, maybe)]
  return { surely: surelyAfter & ~maybeBefore, any: (surelyAfter & ~surelyBefore) | (maybeAfter & ~maybeBefore) }
}

type Opening = { readonly ports: PortsId; readonly to: readonly number[] | undefined }

/** What the policies of others let the source open. */
function egressOf(rows: Rows, { source }: Row, foreign: ReadonlySet<Policy>): ReadonlyMap<Policy, readonly Opening[]> {
  const openings = (rows.compiled[ALL]?.egress[source.id] ?? []).filter(({ policy }) => foreign.has(policy))
  const flat = openings.map(({ policy, ports, to }) => ({ policy, ports, to: to && [...to.surely, ...to.maybe] }))
  return Map.groupBy(flat, ({ policy }) => policy)
}

/** What the policies of others open to the source. */
function ingressOf(rows: Rows, { source }: Row): ReadonlyMap<Policy, readonly Opening[]> {
  const { surelyTo = [], maybeTo = [], toEverybody = [] } = rows.compiled[ALL] ?? {}
  const byPolicy = new Map<Policy, IngressOpening[]>()
  for (const openings of [toEverybody, surelyTo[source.id] ?? [], maybeTo[source.id] ?? []]) {
    for (const opening of openings) {
      if (!opening.policy) continue
      const known = byPolicy.get(opening.policy)
      if (known) known.push(opening)
      else byPolicy.set(opening.policy, [opening])
    }
  }
  return byPolicy
}

type LaidOut = { readonly destinations: Iterable<number>; readonly masksOf: (destination: number) => readonly number[] }

function layOut({ space: { classes } }: Rows, { pieces: { masks, words } }: Row, openings: readonly Opening[]): LaidOut {
  const toAll = Array<number>(words).fill(0)
  const own = new Map<number, number[]>()
  for (const { ports, to } of openings) {
    const mask = masks.get(ports) ?? []
    for (const id of to ?? []) {
      const known = own.get(id) ?? Array<number>(words).fill(0)
      own.set(
        id,
        known.map((bits, word) => bits | (mask[word] ?? 0)),
      )
    }
    if (!to) for (const [word, bits] of mask.entries()) toAll[word] = (toAll[word] ?? 0) | bits
  }
  return {
    destinations: toAll.some((bits) => bits !== 0) ? classes.keys() : own.keys(),
    masksOf: (destination) => toAll.map((bits, word) => bits | (own.get(destination)?.[word] ?? 0)),
  }
}
