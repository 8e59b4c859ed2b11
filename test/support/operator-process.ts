/** support/operator-process.ts — the operator in a process of its own, to be killed: it lets go of nothing and says nothing any more. */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { OPERATOR_NAMESPACE } from '../../tools/control-plane/install.ts'
import { disown, own, tied } from '../../tools/control-plane/owned-processes.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

/** Resolves when it has been started, long before it has read anything; `kill` when it has ended. */
export async function startOperatorProcess(kubeconfig: string): Promise<{ readonly kill: () => Promise<void> }> {
  const options = [`--kubeconfig=${kubeconfig}`, `--namespace=${OPERATOR_NAMESPACE}`, '--listen=127.0.0.1:0', '--log-level=error']
  const [command, ...args] = tied('SIGKILL', process.execPath, [MAIN, 'run', ...options])
  const child = spawn(command, args, { detached: true, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  const { pid = 0 } = child
  own(pid, 'SIGKILL')
  return {
    async kill() {
      process.kill(-pid, 'SIGKILL')
      await ended
      disown(pid)
    },
  }
}
