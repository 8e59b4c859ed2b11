/** reconcile/apply.ts — carries a plan out, step by step, and says what became of it. */

import { BASELINE_POLICY } from '../api/labels.ts'
import type { Client } from '../kube/client.ts'
import { isAlreadyExists, isConflict, isForbidden, isInvalid, isNamespaceTerminating, isNotFound } from '../kube/errors.ts'
import { NotLeadingError } from '../kube/leading-only.ts'
import type { Problem } from './outcomes.ts'
import type { Plan, Step } from './plan.ts'
import { isOurController, type NetworkPolicy, policyEntry, policyObject } from './policy-entry.ts'
import { NETWORK_POLICIES } from './resources.ts'
import type { World } from './world.ts'

export type Applied =
  | { readonly result: 'done' }
  /** Somebody else was faster, or something of ours turned up that the cache did not know: look again. */
  | { readonly result: 'again' }
  /** The namespace is being deleted: nothing can be made in it, and nothing has to. */
  | { readonly result: 'leaving' }
  | { readonly result: 'failed'; readonly problem: Problem; readonly error: Error; readonly passing: boolean }

/** Does what may only be done while leading; throws when that is over. */
export type Writer = Pick<Client, 'create' | 'update' | 'delete' | 'get'>

/**
 * Runs the stages one after the other, the steps of a stage together. A write that broke off, or met a change of somebody else, stops it:
 * it is tried again at once. A policy that may not be written does not: what it would allow stays closed, and everything that closes is
 * still done. Otherwise one taken name, or a quota, would keep a namespace open for as long as it stands.
 */
export async function applyPlan(
  plan: Plan,
  namespace: string,
  world: World,
  writer: Writer,
): Promise<Applied & { readonly written: ReadonlySet<string> }> {
  const written = new Set<string>()
  const refusals: Applied[] = []
  for (const stage of plan) {
    const results = await Promise.all(stage.map((step) => applyStep(step, namespace, world, writer)))
    const stopped = results.find(({ result }) => result === 'leaving' || result === 'again') ?? results.find(isPassing)
    for (const [index, { result }] of results.entries()) if (result === 'done') written.add(stage[index]?.name ?? '')
    if (stopped) return { ...stopped, written }
    refusals.push(...results.filter(({ result }) => result === 'failed'))
  }
  return { ...(refusals[0] ?? { result: 'done' as const }), written }
}

function isPassing(applied: Applied): boolean {
  return applied.result === 'failed' && applied.problem.reason === 'WriteFailed'
}

async function applyStep(step: Step, namespace: string, world: World, writer: Writer): Promise<Applied> {
  try {
    await write(step, namespace, world, writer)
    return { result: 'done' }
  } catch (error) {
    // Whoever leads now decides anew; it is no problem of this namespace.
    if (!(error instanceof Error) || error instanceof NotLeadingError) throw error
    if (isNamespaceTerminating(error)) return { result: 'leaving' }
    if (isConflict(error) || isNotFound(error) || error instanceof VanishedError) return { result: 'again' }
    if (isAlreadyExists(error) && step.action !== 'delete') return await takenName(step, namespace, world, writer)
    const refused = isForbidden(error) || isInvalid(error)
    const what = `NetworkPolicy ${namespace}/${step.name}`
    const problem: Problem = refused
      ? {
          reason: 'Refused',
          message: `the API server refuses to ${step.action} ${what}: ${error.message}; what it would allow stays closed`,
        }
      : { reason: 'WriteFailed', message: `could not ${step.action} ${what}; it will be tried again` }
    return { result: 'failed', problem, error, passing: true }
  }
}

/** Each answer goes into the cache at once, so that whatever comes next reads its own writes. */
async function write(step: Step, namespace: string, world: World, writer: Writer): Promise<void> {
  const entry = world.policiesIn(namespace).get(step.name)
  switch (step.action) {
    case 'create':
      // After a way that was broken off it may be there by now: a create would be refused, so the next look decides.
      return world.policies.written(await writer.create(NETWORK_POLICIES, asWritten(policyObject(step.policy, namespace, undefined))))
    case 'update':
      if (!entry) throw new VanishedError(namespace, step.name)
      return world.policies.written(await writer.update(NETWORK_POLICIES, asWritten(policyObject(step.policy, namespace, entry))))
    case 'delete': {
      if (!entry) return
      const { uid, resourceVersion } = entry
      const outcome = await writer.delete(NETWORK_POLICIES, { namespace, name: step.name }, { uid, resourceVersion })
      if (outcome === 'gone') world.policies.deleted(`${namespace}/${step.name}`, uid)
    }
  }
}

/** What the API server answers with is the object as it is stored: with a uid and a version, whatever we sent. */
function asWritten(object: ReturnType<typeof policyObject>): NetworkPolicy {
  return object as NetworkPolicy
}

/**
 * A name of ours is taken by an object that the cache does not know, because it lacks our label. With our owner, or the uid that we
 * knew under this name, it is ours with its marks taken off, and gets them back; otherwise it is somebody else's, and stays.
 */
async function takenName({ name, policy }: Writing, namespace: string, world: World, writer: Writer): Promise<Applied> {
  try {
    const object = await writer.get<NetworkPolicy>(NETWORK_POLICIES, { namespace, name })
    const { uid, ownerReferences = [] } = object.metadata
    if (ownerReferences.some(isOurController) || world.isLost(namespace, name, uid)) {
      const entry = policyEntry(object, undefined, undefined)
      if (entry.fingerprint === policy.fingerprint) return known(object, world)
      world.policies.written(await writer.update(NETWORK_POLICIES, asWritten(policyObject(policy, namespace, entry))))
      return { result: 'done' }
    }
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return { result: 'again' }
    throw error
  }
  const message = `NetworkPolicy ${namespace}/${name} is there, but was not made by the operator; delete or rename it. ${name === BASELINE_POLICY ? 'Until then the namespace is not closed' : 'What ours would allow stays closed until then'}`
  return { result: 'failed', problem: { reason: 'NameTaken', message }, error: new Error(message), passing: false }
}

/** Our own create, whose answer was lost on the way: there is nothing left to write, once the cache takes it. */
function known(object: NetworkPolicy, world: World): Applied {
  world.policies.written(object)
  const { namespace, name } = object.metadata
  return { result: world.policies.has(`${namespace}/${name}`) ? 'done' : 'again' }
}

type Writing = Extract<Step, { readonly policy: unknown }>

class VanishedError extends Error {
  constructor(namespace: string, name: string) {
    super(`NetworkPolicy ${namespace}/${name} vanished while it was being updated`)
  }
}
