/** bench/cases/drift.ts — somebody edits or deletes a policy: how long until it is back. */

import { MERGE_PATCH } from '../api.ts'
import { type Policy, sameSpec } from '../observer.ts'
import { POLICY_EDIT, policiesPath } from '../scenario.ts'
import { type Bench, type Case, caseOf, counted } from './context.ts'

/**
 * From the answer to whoever did it, as the peers were measured; a repair may be seen before that answer is read, and the time is then
 * below zero. `FromSending` from sending the edit, which leaves no doubt, and holds the time of the edit itself.
 */
export type Drift = { readonly edit: Case; readonly remove: Case; readonly editFromSending: Case; readonly removeFromSending: Case }

type Times = { readonly sentAt: number; readonly answeredAt: number; readonly backAt: number }

/** Edits the first half of `policies` and deletes the second, each another one. */
export async function drift(bench: Bench, policies: readonly Policy[]): Promise<Drift> {
  const half = Math.floor(policies.length / 2)
  const edits = await counted(bench, policies.slice(0, half), (policy) => edit(bench, policy))
  const deletions = await counted(bench, policies.slice(half), (policy) => remove(bench, policy))
  const fromReply = ({ answeredAt, backAt }: Times) => backAt - answeredAt
  const fromSending = ({ sentAt, backAt }: Times) => backAt - sentAt
  return {
    edit: caseOf(edits.results.map(fromReply), edits.counts),
    remove: caseOf(deletions.results.map(fromReply), deletions.counts),
    editFromSending: caseOf(edits.results.map(fromSending), edits.counts),
    removeFromSending: caseOf(deletions.results.map(fromSending), deletions.counts),
  }
}

/** Policies of that many namespaces of tenants, of every kind in turn. */
export function victims({ observer }: Bench, count: number): Policy[] {
  const all = [...observer.policies.values()].filter(({ metadata }) => metadata.name.startsWith('tenant-isolation'))
  const step = all.length / count
  return Array.from({ length: count }, (_, index) => all[Math.floor(index * step)]).filter((policy) => policy !== undefined)
}

async function edit({ admin, observer }: Bench, original: Policy): Promise<Times> {
  const path = pathOf(original)
  const sentAt = performance.now()
  const [answeredAt, { at }] = await Promise.all([
    admin.request('PATCH', path, POLICY_EDIT, MERGE_PATCH).then(() => performance.now()),
    observer.first(`the repair of ${path}`, ({ type, policy }) => type === 'MODIFIED' && isBack(policy, original)),
  ])
  return { sentAt, answeredAt, backAt: at }
}

async function remove({ admin, observer }: Bench, original: Policy): Promise<Times> {
  const path = pathOf(original)
  const sentAt = performance.now()
  const [answeredAt, { at }] = await Promise.all([
    admin.request('DELETE', path).then(() => performance.now()),
    observer.first(`the return of ${path}`, ({ type, policy }) => type === 'ADDED' && isBack(policy, original)),
  ])
  return { sentAt, answeredAt, backAt: at }
}

/** The same drift while nobody is there to repair it. */
export async function driftUnseen({ admin }: Bench, policies: readonly Policy[]): Promise<void> {
  for (const [index, policy] of policies.entries()) {
    if (index % 2 === 0) await admin.request('PATCH', pathOf(policy), POLICY_EDIT, MERGE_PATCH)
    else await admin.request('DELETE', pathOf(policy))
  }
}

/** Resolves with the time of the event that brought the last of them back. */
export async function allBack({ observer }: Bench, policies: readonly Policy[]): Promise<number> {
  const seen = await Promise.all(
    policies.map((original) =>
      observer.first(`the repair of ${pathOf(original)}`, ({ type, policy }) => type !== 'DELETED' && isBack(policy, original)),
    ),
  )
  return Math.max(...seen.map(({ at }) => at))
}

function isBack(policy: Policy, original: Policy): boolean {
  const { name, namespace } = policy.metadata
  return name === original.metadata.name && namespace === original.metadata.namespace && sameSpec(policy, original)
}

function pathOf({ metadata: { namespace, name } }: Policy): string {
  return policiesPath(namespace, name)
}
