/** reachability/engine/blame-special.ts — the same as blame.ts for pairs that are judged by themselves. */

import type { Direction } from '../../api/network.ts'
import { type Groups, pairBetween, pairsBetween } from '../groups.ts'
import { type Network, networkOf } from '../network.ts'
import type { Policy } from '../policy.ts'
import { ALL_PORTS, intersectPorts, NO_PORTS, type PortSet, subtractPorts, unionPorts } from '../ports.ts'
import { gainedPorts, sideInWorld } from '../reach.ts'
import { type Ends, worldsOf } from '../worlds.ts'
import { ALL, type Blame, OURS } from './blame.ts'
import type { Row, Rows } from './rows.ts'

/** For the pairs that a row lists apart. */
export function blamesInSpecial(rows: Rows, { source, special }: Row, groups: Groups, foreign: ReadonlySet<Policy>): readonly Blame[] {
  const [own, all] = [rows.space.networks[OURS], rows.space.networks[ALL]]
  if (!own || !all) return []
  return special.flatMap((pair) => {
    const gained = gainedPorts(pair.reaches[OURS], pair.reaches[ALL])
    const ends = pair.ends[ALL]
    if (gained.any.length === 0 || !ends) return []
    return (['Egress', 'Ingress'] as const).flatMap((direction) =>
      blamesOnSide(own, all, ends, direction, foreign).flatMap(({ policy, ports }) => {
        const any = rows.pool.idOf(intersectPorts(gained.any, ports))
        const surely = rows.pool.idOf(intersectPorts(gained.surely, ports))
        if (any === 0) return []
        return (groups.shares[source.id] ?? []).flatMap((from) =>
          (groups.shares[pair.destination.id] ?? []).flatMap((to) => {
            const example = pairBetween(from, to, pair.oneNode)
            const pairs = pairsBetween(from, to, pair.oneNode)
            return example ? [{ policy, from: from.group, to: to.group, pairs, example, surely, any }] : []
          }),
        )
      }),
    )
  })
}

type Opened = { readonly policy: Policy; readonly ports: PortSet }

/** What each policy of others opens on one side, in any reading, that ours do not open there in all. */
function blamesOnSide(own: Network, all: Network, ends: Ends, direction: Direction, foreign: ReadonlySet<Policy>): readonly Opened[] {
  const subject = direction === 'Egress' ? ends.from : ends.to
  if (subject.kind === 'Outside') return []
  const worlds = worldsOf(all, ends).all
  const ours = worlds.map((world) => sideInWorld(own, ends, direction, world)).reduce(intersectPorts, ALL_PORTS)
  // Where a pod is nothing but its node, no policy opens anything: everything is.
  const asPod = worlds.filter(({ hostNetwork }) => !subject.hostNetwork || hostNetwork === 'Pod')
  return all
    .subject(subject, direction)
    .policies.filter((policy) => foreign.has(policy))
    .map((policy) => {
      const alone = networkOf(all.cluster, [policy], all.assume)
      const opened = asPod
        .map((world) => sideInWorld(alone, ends, direction, world))
        .reduce((sum, ports) => unionPorts(sum, ports), NO_PORTS)
      return { policy, ports: subtractPorts(opened, ours) }
    })
}
