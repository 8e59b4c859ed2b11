/** demo/acts/membership.ts — a namespace comes to a tenant, and another leaves. */

import { NAMESPACES } from '../../../src/reconcile/resources.ts'
import { isSealed, MANNING_POLICIES, namespaceOf, ours } from '../policies.ts'
import type { Stage } from '../stage.ts'
import { took } from '../text.ts'

export async function membership({ observer, say }: Stage): Promise<void> {
  say('\nA namespace comes to manning, and another leaves.')
  const made = performance.now()
  await observer.client.create(NAMESPACES, namespaceOf('manning', 'returns'))
  const sealedMs = await observer.until('the new namespace', made, () => isSealed(observer, 'returns'))
  const allMs = await observer.until('the policies of the new namespace', made, () => ours(observer, 'returns').length === MANNING_POLICIES)
  say(
    `✓ namespace returns was closed ${took(sealedMs)} after it was asked for, and had its ${MANNING_POLICIES} policies after ${took(allMs)}`,
  )

  await observer.client.patch(NAMESPACES, { name: 'shop' }, { type: 'merge', body: { metadata: { labels: { tenant: null } } } })
  const leftMs = await observer.until('the namespace that left', performance.now(), () => ours(observer, 'shop').length === 0)
  const [kept, ...more] = observer.policiesIn('shop')
  if (kept?.metadata.name !== 'from-the-team' || more.length > 0) throw new Error("the team's own policy of namespace shop did not survive")
  say(`✓ namespace shop has left: its policies went in ${took(leftMs)}, the one that its team had made stays`)
}
