/** support/hooks.ts — what mocha runs around all test files (`--require test/support/hooks.ts`). */

import { stopSharedControlPlane } from './cluster.ts'

export const mochaHooks = {
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(60_000)
    await stopSharedControlPlane()
  },
}
