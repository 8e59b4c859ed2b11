/** demo/acts/drift.ts — what somebody changes is put back. */

import { isDeepStrictEqual } from 'node:util'
import { NETWORK_POLICIES } from '../../../src/reconcile/resources.ts'
import type { Observer, Policy } from '../observer.ts'
import { ours } from '../policies.ts'
import type { Stage } from '../stage.ts'
import { took } from '../text.ts'

export async function drift({ observer, say }: Stage): Promise<void> {
  say("\nThe cluster's admin opens a namespace by hand, and deletes a policy.")
  const [baseline] = ours(observer, 'shop')
  if (!baseline) throw new Error('namespace shop has no policy')
  const opened = { ...baseline, spec: { ...baseline.spec, ingress: [{}] } }
  let asked = performance.now()
  const edited = await observer.client.update(NETWORK_POLICIES, opened)
  const editMs = await observer.until('the edited policy', asked, () => {
    const now = find(observer, 'shop', baseline)
    return (
      now !== undefined && now.metadata.resourceVersion !== edited.metadata.resourceVersion && isDeepStrictEqual(now.spec, baseline.spec)
    )
  })
  say(`✓ NetworkPolicy shop/${baseline.metadata.name} was edited (ingress: [{}]), and back in ${took(editMs)}`)

  const victim = ours(observer, 'shop').at(-1) ?? baseline
  asked = performance.now()
  await observer.client.delete(NETWORK_POLICIES, { namespace: 'shop', name: victim.metadata.name })
  const deleteMs = await observer.until('the deleted policy', asked, () => {
    const now = find(observer, 'shop', victim)
    return now !== undefined && now.metadata.uid !== victim.metadata.uid && isDeepStrictEqual(now.spec, victim.spec)
  })
  say(`✓ NetworkPolicy shop/${victim.metadata.name} was deleted, and back in ${took(deleteMs)}`)
}

function find(observer: Observer, namespace: string, policy: Policy): Policy | undefined {
  return observer.policiesIn(namespace).find(({ metadata }) => metadata.name === policy.metadata.name)
}
