/** cli/check/checks.ts — PURE: from what was seen to a line for each thing that is needed. */

import { grantLines, whatIsMissing } from '../input/rights.ts'
import { type ClusterFacts, isInstalled } from './facts.ts'
import type { Line } from './line.ts'
import { bindingsLine, configurationLine, crdLine, namespaceLine, pendingLine, policiesLine, rightsLine } from './lines/installed.ts'
import { kubernetesLine, mutatingPoliciesLine, validatingPoliciesLine } from './lines/kubernetes.ts'
import { addressFamiliesLine, dnsLine, networkPluginLine } from './lines/network.ts'
import { leaderLine, operatorLine, tenantsLine } from './lines/running.ts'

const OF_THE_CLUSTER = [kubernetesLine, validatingPoliciesLine, mutatingPoliciesLine, networkPluginLine, dnsLine, addressFamiliesLine]
const OF_THE_INSTALLATION = [
  crdLine,
  policiesLine,
  bindingsLine,
  rightsLine,
  configurationLine,
  namespaceLine,
  operatorLine,
  leaderLine,
  tenantsLine,
]

/** In the order of CHECKS. `installed`: it has to be there by now, even if nothing of it is. */
export function linesOf(facts: ClusterFacts, installed: boolean): readonly Line[] {
  const after = installed || isInstalled(facts)
  return [
    ...OF_THE_CLUSTER.map((line) => line(facts)),
    ...(after ? OF_THE_INSTALLATION.map((line) => line(facts)) : pendingLine(facts)),
    ...yourRights(facts),
  ]
}

/** Only where something could not be seen. */
function yourRights({ user, unseen }: ClusterFacts): readonly Line[] {
  if (unseen.length === 0) return []
  const reason = `user "${user}" may not ${whatIsMissing(unseen)}`
  return [
    {
      check: 'your-rights',
      mark: 'unseen',
      reason,
      advice: `an administrator gives this right with: ${grantLines(user, unseen).join(' && ')}`,
    },
  ]
}
