/** demo/acts/mistakes.ts — a resource with a mistake in it is refused, in words that help. */

import type { Stage } from '../stage.ts'
import { show } from '../typed.ts'

export async function mistakes(stage: Stage): Promise<void> {
  stage.say('\nA mistake is told before it does anything.')
  await show(stage, { command: 'apply -f tools/demo/mistake.yaml', refused: true, reads: /to\[0\]\.cidr: .*write .*192\.168\.1\.0\/24/ })
  stage.say('✓ refused by the API server, which names the field and says what to write')
}
