/** control-plane/operator-kubeconfig.ts — what `make operator` runs with: the operator's own account, whether make, Helm or kubectl has installed it. */
import { operatorKubeconfig } from './cluster.ts'
import { runCommand } from './command.ts'

await runCommand('operator', async (cluster) => void (await operatorKubeconfig(cluster)))
