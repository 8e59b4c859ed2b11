/** control-plane/command.ts — runs a cluster command: its output, its error, its exit code. */
import { resolve } from 'node:path'

import type { Cluster } from './cluster.ts'
import { reportTo } from './report.ts'

export async function runCommand(name: string, command: (cluster: Cluster) => Promise<void>): Promise<void> {
  try {
    await command({ root: resolve(import.meta.dirname, '../..'), report: reportTo(process.stdout) })
  } catch (error) {
    process.stderr.write(`\n${name} failed: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
