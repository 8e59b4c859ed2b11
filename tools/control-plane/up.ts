/** control-plane/up.ts — `make cluster-up`. */
import { clusterUp } from './cluster.ts'
import { runCommand } from './command.ts'

await runCommand('cluster-up', clusterUp)
