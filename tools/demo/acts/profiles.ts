/** demo/acts/profiles.ts — who may create which pods. */

import type { Stage } from '../stage.ts'
import { show } from '../typed.ts'

export async function profiles(stage: Stage): Promise<void> {
  const command = 'run toolbox --image=alpine --privileged -n checkout'
  stage.say('\nalice wants a privileged pod. In config/samples/manning.yaml, the profile that allows it is for bob.')
  await show(stage, {
    user: 'alice',
    command,
    refused: true,
    reads: /privileged is not allowed\. It would fit profile "privileged", which neither user "alice" nor service account \S+ may use/,
  })
  stage.say('')
  await show(stage, { user: 'bob', command, reads: /^pod\/toolbox created/ })
}
