/** reachability/engine/blame.ts — which policies of others make that pods reach others, where ours alone would not let them. */

import type { Member } from '../classes.ts'
import { type Groups, pairBetween, pairsBetween } from '../groups.ts'
import type { Policy } from '../policy.ts'
import type { IngressOpening } from './compiled.ts'
import type { PortsId } from './pool.ts'
import { egressAt, ingressAt, passesTo, type Row, type Rows } from './rows.ts'
import { maskReader } from './tally.ts'

/** A policy opens ports between pods of two groups. */
export type Blame = {
  readonly policy: Policy
  readonly from: number
  readonly to: number
  readonly pairs: number
  readonly example: readonly [Member, Member]
  /** What ours alone would never open, and what ours would open in fewer readings. */
  readonly surely: PortsId
  readonly any: PortsId
}

/** The two networks of the rows: ours alone, and all policies. */
export const OURS = 0
export const ALL = 1

/** Masks of what changes, one number per word. */
type Change = { readonly surely: number[]; readonly any: number[] }

/** What a policy opens from the source of a row to one group, added up. */
type Found = Change & { pods: number; readonly example: Member }

/** For pairs that are judged by their rules alone. The rows must know the openings of these policies apart (rows.ts). */
export function blamer(rows: Rows, groups: Groups, foreign: ReadonlySet<Policy>): (row: Row) => readonly Blame[] {
  const { classes } = rows.space
  const size = classes.length
  let opened = new Int32Array(size)
  // Written again for each pair: there may be millions of them.
  const change: Change = { surely: [], any: [] }

  return (row) => {
    const { words } = row.pieces
    if (opened.length < size * words) opened = new Int32Array(size * words)
    change.surely.length = change.any.length = words
    const portsOf = maskReader(rows, row)
    const from = groups.shares[row.source.id] ?? []
    const blames: Blame[] = []
    const blame = (policy: Policy, direction: 'egress' | 'ingress', openings: readonly Opening[]) => {
      const { byGroup, own } = changesBy(row, direction, openings)
      for (const [to, { surely, any, pods, example }] of byGroup) {
        for (const { group, members } of from) {
          const [first] = members
          if (!first) continue
          const pairs = members.length * pods
          blames.push({ policy, from: group, to, pairs, example: [first, example], surely: portsOf(surely), any: portsOf(any) })
        }
      }
      if (!own) return
      for (const share of from) {
        for (const to of from) {
          const example = pairBetween(share, to, undefined)
          const pairs = pairsBetween(share, to, undefined)
          if (example)
            blames.push({ policy, from: share.group, to: to.group, pairs, example, surely: portsOf(own.surely), any: portsOf(own.any) })
        }
      }
    }
    for (const [policy, openings] of egressOf(rows, row, foreign)) blame(policy, 'egress', openings)
    for (const [policy, openings] of ingressOf(rows, row)) blame(policy, 'ingress', openings)
    return blames
  }

  /** What some openings of one policy change, by group; and among the pods of the source's own class. */
  function changesBy(row: Row, direction: 'egress' | 'ingress', openings: readonly Opening[]) {
    const { words, masks } = row.pieces
    const toAll = Array<number>(words).fill(0)
    const touched = new Set<number>()
    for (const { ports, to } of openings) {
      const mask = masks.get(ports) ?? []
      for (let word = 0; word < words; word++) {
        const bits = mask[word] ?? 0
        if (!to) toAll[word] = (toAll[word] ?? 0) | bits
        else for (const id of to) opened[word * size + id] = (opened[word * size + id] ?? 0) | bits
      }
      if (to) for (const id of to) touched.add(id)
    }
    const byGroup = new Map<number, Found>()
    let own: Change | undefined
    for (const id of toAll.some((bits) => bits !== 0) ? classes.keys() : touched) {
      if (!changeTo(row, direction, toAll, id)) continue
      if (id === row.source.id) own = { surely: [...change.surely], any: [...change.any] }
      else for (const { group, members } of groups.shares[id] ?? []) addTo(byGroup, group, members, change)
    }
    for (const id of touched) for (let word = 0; word < words; word++) opened[word * size + id] = 0
    return { byGroup, own }
  }

  /** Puts into `change` what makes a difference of what the policy opens to a class and ours do not open on this side; false: nothing. */
  function changeTo(row: Row, direction: 'egress' | 'ingress', toAll: readonly number[], id: number): boolean {
    const { pieces, all } = row
    const [before, after] = [rows.compiled[OURS], rows.compiled[ALL]]
    const [surelyOurs, surelyAll, maybeOurs, maybeAll] = [row.surely[OURS], row.surely[ALL], row.maybe[OURS], row.maybe[ALL]]
    if (!before || !after || !surelyOurs || !surelyAll || !maybeOurs || !maybeAll) return false
    let some = 0
    for (let word = 0; word < pieces.words; word++) {
      const at = word * size + id
      const ours = direction === 'egress' ? egressAt(surelyOurs, size, word, id) : ingressAt(surelyOurs, before, all, word, id)
      const more = ((toAll[word] ?? 0) | (opened[at] ?? 0)) & ~ours
      if (more === 0) {
        change.surely[word] = change.any[word] = 0
        continue
      }
      const surelyBefore = passesTo(surelyOurs, before, all, word, id)
      const surelyAfter = passesTo(surelyAll, after, all, word, id)
      const maybeBefore = surelyOurs === maybeOurs ? surelyBefore : passesTo(maybeOurs, before, all, word, id)
      const maybeAfter = surelyAll === maybeAll ? surelyAfter : passesTo(maybeAll, after, all, word, id)
      const any = more & ((surelyAfter & ~surelyBefore) | (maybeAfter & ~maybeBefore))
      change.any[word] = any
      change.surely[word] = more & surelyAfter & ~maybeBefore
      some |= any
    }
    return some !== 0
  }
}

function addTo(
  byGroup: Map<number, Found>,
  group: number,
  members: readonly Member[],
  { surely, any }: Pick<Found, 'surely' | 'any'>,
): void {
  const known = byGroup.get(group)
  const [example] = members
  if (!known) {
    if (example) byGroup.set(group, { surely: [...surely], any: [...any], pods: members.length, example })
    return
  }
  known.pods += members.length
  for (let word = 0; word < any.length; word++) {
    known.any[word] = (known.any[word] ?? 0) | (any[word] ?? 0)
    known.surely[word] = (known.surely[word] ?? 0) | (surely[word] ?? 0)
  }
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
