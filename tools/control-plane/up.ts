/** control-plane/up.ts — `make cluster-up`. */
import { clusterUp, howToUse } from './cluster.ts'
import { runCommand } from './command.ts'

await runCommand('cluster-up', async (cluster) => cluster.report.say(`\n${howToUse(await clusterUp(cluster))}`))
