/** demo/acts/way-out.ts — what somebody inside tries to undo, while nobody but the API server is there to stop it. */

import { isDeepStrictEqual } from 'node:util'
import { NAMESPACES, NETWORK_POLICIES } from '../../../src/reconcile/resources.ts'
import type { Policy } from '../observer.ts'
import type { Stage } from '../stage.ts'
import { show } from '../typed.ts'

const TRIES: readonly (readonly [command: string, reads: RegExp])[] = [
  [
    'apply -f tools/demo/allow-all.yaml -n checkout',
    /open the boundary of tenant manning: a rule in ingress without from lets everybody through/,
  ],
  ['delete networkpolicy tenant-isolation -n checkout', /only tenant-isolation may write it/],
  [
    'label namespace checkout tenant-',
    /take it out of the tenant, .*takes verb assign on tenantisolation manning, which alice does not have/,
  ],
]

export async function wayOut(stage: Stage): Promise<void> {
  const { operator, say } = stage
  say('\nThe operator is stopped again, and alice tries to open what it has closed.')
  await operator.stop()
  const before = await inside(stage)
  for (const [command, reads] of TRIES) {
    await show(stage, { user: 'alice', command, refused: true, reads })
    say('')
  }
  if (!isDeepStrictEqual(await inside(stage), before)) throw new Error('something of namespace checkout has changed all the same')
  say('✓ all of it refused by the API server, and nothing has changed')
}

/** What alice tries to change. */
async function inside({ observer }: Stage) {
  const { metadata } = await observer.client.get(NAMESPACES, { name: 'checkout' })
  const { items } = await observer.client.list<Policy>(NETWORK_POLICIES, { namespace: 'checkout' })
  return { labels: metadata.labels, policies: items.map(({ metadata, spec }) => ({ name: metadata.name, spec })) }
}
