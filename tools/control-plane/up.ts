/** control-plane/up.ts — `make cluster-up`; `--empty` leaves out what is ours. */
import { clusterUp, howToUse } from './cluster.ts'
import { runCommand } from './command.ts'

const options = { empty: process.argv.includes('--empty') }

await runCommand('cluster-up', async (cluster) => cluster.report.say(`\n${howToUse(await clusterUp(cluster, options), options)}`))
