/** demo/acts/before-pods.ts — no pod starts in a namespace that is not isolated yet, with or without the operator. */

import { apply, kubectl } from '../../control-plane/kubectl.ts'
import { isSealed, namespaceOf } from '../policies.ts'
import type { Stage } from '../stage.ts'
import { took } from '../text.ts'
import { rehearsed, show, type Typed } from '../typed.ts'
import { rightsIn } from './people.ts'

const WEB = { user: 'alice', command: 'run web --image=nginx -n checkout' } as const
const TOO_EARLY: Typed = { ...WEB, refused: true, reads: /'namespace-is-not-isolated-yet\.try-again-in-a-moment\./ }
const IN_TIME: Typed = { ...WEB, reads: /^pod\/web created/ }

export async function beforePods(stage: Stage): Promise<void> {
  const { controlPlane, operator, observer, say } = stage
  say('\nThe operator is stopped, and manning gets the namespace checkout all the same.')
  await operator.stop()
  await apply(controlPlane, [namespaceOf('manning', 'checkout'), ...rightsIn('checkout')])
  // No pod without it, and kube-controller-manager makes it when it comes to it.
  await kubectl(controlPlane, ['wait', '--for=create', 'serviceaccount/default', '--namespace=checkout', '--timeout=10s'])
  await rehearsed(stage, TOO_EARLY)
  await show(stage, TOO_EARLY)
  say('✓ refused by the API server: no pod of a tenant before its namespace is closed')

  const started = performance.now()
  await operator.start()
  const ms = await observer.until('the namespace made meanwhile', started, () => isSealed(observer, 'checkout'))
  say(`\n✓ namespace checkout was closed ${took(ms)} after the operator's process was started again`)
  // The policy reaches those who read it a moment after it is written.
  await rehearsed(stage, IN_TIME)
  await show(stage, IN_TIME)
}
