/** demo/acts/workloads.ts — the pods of a Deployment are made by a controller, so its service account has to be granted. */

import { kubectl } from '../../control-plane/kubectl.ts'
import type { Stage } from '../stage.ts'
import { show, type Typed, untilAnswered } from '../typed.ts'

const MAY_NOT = /It would fit profile "privileged", which (neither user \S+ nor )?service account "checkout\/default" may (not )?use/

const EVENTS: Typed = {
  user: 'bob',
  command: 'get events -n checkout --field-selector=reason=FailedCreate --output=jsonpath={.items[0].message}',
  reads: MAY_NOT,
}

export async function workloads(stage: Stage): Promise<void> {
  stage.say("\nThe same from bob's Deployment, whose pods are made by a controller, and not by bob.")
  await show(stage, { user: 'bob', command: 'apply -f tools/demo/toolbox.yaml -n checkout', reads: MAY_NOT })
  await untilAnswered(stage, EVENTS)
  stage.say('')
  await show(stage, EVENTS)
  const pods = await kubectl(stage.controlPlane, ['get', 'pods', '--namespace=checkout', '--selector=app=toolbox', '--output=name'])
  if (pods !== '') throw new Error(`the Deployment has got a pod: ${pods}`)
  stage.say('✓ it has no pods, and the warning has said why: checkout/default would have to be a subject of profile privileged')
}
