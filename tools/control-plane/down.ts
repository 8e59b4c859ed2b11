/** control-plane/down.ts — `make cluster-down`. */
import { clusterDown } from './cluster.ts'
import { runCommand } from './command.ts'

await runCommand('cluster-down', clusterDown)
