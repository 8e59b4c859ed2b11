/**
 * bench/command-line.ts — `explain` as the command line does it, over files with the resources of tenants: once everything is read, it works out
 * what the operator would write for all of them, and then asks.
 */

import { explanation } from '../../src/cli/explain.ts'
import { readInput } from '../../src/cli/input/input.ts'
import type { InputOptions } from '../../src/cli/input/options.ts'
import { ENTRY_NEEDS } from '../../src/cli/network/networks.ts'
import type { ViewOptions } from '../../src/cli/network/view.ts'
import { present } from '../../src/cli/output/answer.ts'
import { temporaryFolder } from '../support/cli.ts'
import { largeCluster } from '../support/large-cluster.ts'
import { shellWith } from '../support/shell.ts'

/** A pod and a pod; all pods of two applications; and what is denied between tenants, with the rules that would allow it. */
const QUESTIONS: readonly (readonly [from: string, to: string, port: string])[] = [
  ['ns-0001/api-3', 'ns-0001/database-5', '5432'],
  ['ns-0001/app=web', 'ns-0011/app=api', '8080'],
  ['ns-0001/app=worker', 'ns-0050/app=database', '5432'],
]

type Time = <T>(what: string, run: () => T | Promise<T>, tell: (result: T) => string) => Promise<T>

export async function measureCommandLine(pods: number, time: Time): Promise<void> {
  const folder = temporaryFolder()
  try {
    const options: InputOptions & ViewOptions = {
      file: [folder.file('cluster.json', largeCluster(pods / 10))],
      operatorNamespace: 'tenant-isolation-system',
    }
    const input = await time(
      'command line: read files',
      () => readInput({ options, needs: ENTRY_NEEDS, shell: shellWith() }),
      ({ snapshot }) => `${snapshot.tenants.length} tenants`,
    )
    for (const question of QUESTIONS) {
      await time(
        'command line: explain',
        async () => {
          const shell = shellWith()
          await present(explanation(question, { input, options, shell }), 'text', shell)
          return shell.written.stdout
        },
        (text) => text.split('\n', 1)[0] ?? '',
      )
    }
  } finally {
    folder.remove()
  }
}
