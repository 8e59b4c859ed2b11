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
