/** demo/operator.ts — the operator of the story, who is stopped and comes back. */

import type { ControlPlane } from '../control-plane/control-plane.ts'
import { type OperatorProcess, startOperatorProcess } from '../control-plane/operator-process.ts'

export type Operator = {
  /** Resolves when it is ready. */
  readonly start: () => Promise<void>
  /** Resolves when its process has ended. */
  readonly stop: () => Promise<void>
  /** The process that runs, or that ran last. */
  readonly process: () => OperatorProcess
}

/** Starts it; `detached` leaves it running. */
export async function startOperator(controlPlane: ControlPlane, { detached }: { readonly detached: boolean }): Promise<Operator> {
  let current = await startOperatorProcess(controlPlane, { detached })
  return {
    start: async () => {
      current = await startOperatorProcess(controlPlane, { detached })
    },
    stop: () => current.stop(),
    process: () => current,
  }
}
