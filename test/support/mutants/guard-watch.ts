/**
 * support/mutants/guard-watch.ts — looks over the shoulder of the guards' tests: of each request that one of them makes, a copy is asked about
 * first, in a dry run, and the mutants of the guards that would have judged it otherwise have been noticed.
 */

import { queryOf } from '../../../src/kube/paths.ts'
import type { KubeRequest } from '../../../src/kube/transport.ts'
import type { Answer, People, Person } from '../people.ts'
import { answerOf, GUARD_JUDGES, groupOf, isGroup } from './guard-judges.ts'

/** Only where that is wanted (`make mutants`): it doubles the requests. */
export const IS_WATCHED = process.env.MUTANTS === '1'

/** By guard, the numbers of its mutants. */
type Asked = ReadonlyMap<string, readonly number[]>

/** What each guard says of one request: whether it passes, and by number whether it would under each mutant; undefined when that is an error. */
type Said = Map<string, { readonly passes: boolean; readonly mutants: ReadonlyMap<number, boolean | undefined> }>

/** Which request noticed a mutant first, by guard and number. */
export const NOTICED: ReadonlyMap<string, Map<number, string>> = new Map(GUARD_JUDGES.map(({ guard }) => [guard, new Map()]))

/** How much there was to notice. */
export const WATCHED = { requests: 0 }

/** Asks about a copy of the request that `who` is about to make. */
export async function watch(people: People, who: Person, request: KubeRequest): Promise<void> {
  if (!isGuarded(request)) return
  WATCHED.requests += 1
  const unnoticed = new Map(
    GUARD_JUDGES.map(({ guard, mutants }) => [guard, [...mutants.keys()].filter((number) => !NOTICED.get(guard)?.has(number))]),
  )
  const { code, said } = await ask(people, who, request, unnoticed)
  for (const [guard, { passes, mutants }] of said) {
    // Refused by another one too, or by somebody else: what this one says does not count. A conflict is found when all policies have been asked.
    const decides = [...said].every(([other, answer]) => other === guard || answer.passes) && passes === (code < 300 || code === 409)
    if (!decides) continue
    for (const [number, would] of mutants) {
      if (would !== passes) NOTICED.get(guard)?.set(number, `${who.user}: ${request.method} ${request.path}`)
    }
  }
}

/** Whether a request in the name of this user is one of those copies. */
export function isCopy({ groups = [] }: Pick<Person, 'groups'>): boolean {
  return groups.some(isGroup)
}

/** Everything that is written, but for what no policy is asked about. */
function isGuarded({ method, path }: KubeRequest): boolean {
  return method !== 'GET' && !/^\/apis\/(admissionregistration|apiextensions)\.k8s\.io\//.test(path)
}

async function ask(
  people: People,
  who: Person,
  request: KubeRequest,
  asked: Asked,
): Promise<{ readonly code: number; readonly said: Said }> {
  const { code, warnings } = await send(people, who, request, asked)
  const said: Said = new Map()
  const lost = new Set<string>()
  for (const answer of warnings.flatMap((warning) => answerOf(warning) ?? [])) {
    const numbers = asked.get(answer.guard) ?? []
    const [passes, ...mutants] = answer.passes ?? []
    if (passes === undefined || mutants.length !== numbers.length) lost.add(answer.guard)
    else merge(said, answer.guard, passes, new Map(numbers.map((number, index) => [number, mutants[index]])))
  }
  for (const guard of lost) {
    const found = await askInHalves(people, who, request, guard, asked.get(guard) ?? [])
    if (found) said.set(guard, found)
    else said.delete(guard)
  }
  return { code, said }
}

/** One that cannot be evaluated takes the answers of all others with it. */
async function askInHalves(people: People, who: Person, request: KubeRequest, guard: string, numbers: readonly number[]) {
  if (numbers.length === 0) return undefined
  if (numbers.length === 1) {
    const { said } = await ask(people, who, request, new Map([[guard, []]]))
    const original = said.get(guard)
    return original && { ...original, mutants: new Map(numbers.map((number) => [number, undefined])) }
  }
  const middle = numbers.length >> 1
  const halves = [numbers.slice(0, middle), numbers.slice(middle)]
  const merged: Said = new Map()
  for (const half of halves) {
    const found = (await ask(people, who, request, new Map([[guard, half]]))).said.get(guard)
    if (!found) return undefined
    const known = merged.get(guard)
    merged.set(guard, { passes: found.passes, mutants: new Map([...(known?.mutants ?? []), ...found.mutants]) })
  }
  return merged.get(guard)
}

/** A guard may be bound more than once, and everything that is bound has to let the request pass. */
function merge(said: Said, guard: string, passes: boolean, mutants: ReadonlyMap<number, boolean | undefined>): void {
  const known = said.get(guard)
  if (known === undefined) {
    said.set(guard, { passes, mutants })
    return
  }
  const both = new Map([...mutants].map(([number, would]) => [number, would && known.mutants.get(number)] as const))
  said.set(guard, { passes: passes && known.passes, mutants: both })
}

function send(people: People, { user, groups = [] }: Person, request: KubeRequest, asked: Asked): Promise<Answer> {
  const { method, path, query, contentType } = request
  // Of a deletion that has options, only these are read.
  const body = method === 'DELETE' && request.body !== undefined ? { ...(request.body as object), dryRun: ['All'] } : request.body
  return people.as(
    { user, groups: [...groups, ...[...asked].map(([guard, numbers]) => groupOf(guard, numbers))] },
    { method, path: `${path}${queryOf({ ...query, dryRun: 'All' })}`, body, ...(contentType !== undefined && { contentType }) },
  )
}
