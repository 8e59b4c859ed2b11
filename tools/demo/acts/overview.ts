/** demo/acts/overview.ts — what kubectl shows of it. */

import { kubectl } from '../../control-plane/kubectl.ts'
import type { Stage } from '../stage.ts'
import { show } from '../typed.ts'

export async function overview(stage: Stage): Promise<void> {
  await kubectl(stage.controlPlane, ['wait', '--for=condition=Ready', '--timeout=10s', 'tenantisolations', '--all'])
  stage.say('')
  await show(stage, { command: 'get tenantisolations', reads: /^manning +True +Isolated +2 +8 /m })
  stage.say('')
  await show(stage, { command: 'get networkpolicies -n warehouse', reads: /^tenant-isolation-[0-9a-f]{12} +app=database /m })
  stage.say('')
  await show(stage, {
    command: 'get events --field-selector=involvedObject.kind=TenantIsolation --output=custom-columns=REASON:.reason,MESSAGE:.message',
    reads: /put NetworkPolicy \S+ back/,
  })
}
