/**
 * reconcile/gates.ts — the bindings by which no pod starts in a namespace that is not isolated yet. One serves many tenants, so they are
 * worked out for all tenants together.
 *
 * A gate has to go before what it asks for does: a tenant that lets go of its baselines would otherwise stop every pod of its
 * namespaces. The API server goes by a binding for about a second after it is gone, so letting go waits a little longer.
 */

import { gateBindings } from '../admission/guards/guards.ts'
import type { Outcome } from '../controller/workers.ts'
import { GATE_PREFIX, gatedTenants } from './desired-state.ts'
import { isMarked } from './kept/entry.ts'
import { type KeepWriter, keepObjects } from './kept/keep.ts'
import type { Now, World } from './world.ts'

/** From the write of a binding until the API server goes by it (apiserver policy source, refreshed every second). */
export const EFFECTIVE_AFTER_MS = 1_500

/** Which tenants the gates serve, and since when others are not served any more. Times in monotonic milliseconds. */
export class Gates {
  readonly #served = new Map<string, 'served' | number>()

  /** How long a tenant that lets go has to wait until no pod is asked for its baseline. */
  waitMs(tenant: string, now: number): number {
    const state = this.#served.get(tenant)
    if (state === undefined) return 0
    return state === 'served' ? EFFECTIVE_AFTER_MS : Math.max(0, state + EFFECTIVE_AFTER_MS - now)
  }

  serve(tenants: ReadonlySet<string>, now: number): void {
    for (const [tenant, state] of this.#served) {
      if (tenants.has(tenant)) continue
      if (state === 'served') this.#served.set(tenant, now)
      else if (now - state > EFFECTIVE_AFTER_MS) this.#served.delete(tenant)
    }
    for (const tenant of tenants) this.#served.set(tenant, 'served')
  }
}

export type GatesReconciler = { readonly world: World; readonly writer: KeepWriter; readonly now: Now }

export async function reconcileGates({ world, writer, now }: GatesReconciler): Promise<Outcome> {
  const tenants = gatedTenants(world.tenants.values())
  const kept = await keepObjects({
    objects: world.extras.kept,
    writer,
    wanted: gateBindings(tenants, world.protectedNamespaces()),
    // Gates bear no tenant's label, even those that serve one.
    present: [...world.extras.kept.clusterWide('')].filter(({ name }) => name.startsWith(GATE_PREFIX)),
    recognises: isMarked,
  })
  if (kept.result === 'again')
    return { outcome: 'retry', error: new Error('the gates changed while they were being written; looking again') }
  if (kept.result === 'failed') return { outcome: 'retry', error: new Error(kept.problem.message) }
  world.gates.serve(new Set(tenants.map(({ name }) => name)), now.monotonic())
  return { outcome: 'done' }
}
