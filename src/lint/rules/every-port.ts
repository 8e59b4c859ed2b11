/** lint/rules/every-port.ts — TI003: a rule that names no ports, and so opens every port of every protocol. */

import type { Found } from '../finding.ts'
import type { Grant, GrantPart } from '../grants.ts'
import type { LintRule } from '../input.ts'

export const everyPort: LintRule = {
  code: 'TI003',
  name: 'EveryPort',
  severity: 'warning',
  summary: 'a rule names no ports, which means every port of every protocol',
  check: ({ grants }) => grants.filter(opensEveryPort).map(found),
}

/** Of `intraTenant` that is the meaning; DNS and the API server bring their own ports; of a rule without peers, TI001 speaks. */
function opensEveryPort({ called, namesPorts, parts }: Grant): boolean {
  return called !== 'intraTenant' && !namesPorts && parts.some(isOpen)
}

function isOpen({ rules, gap }: GrantPart): boolean {
  return gap !== undefined || rules.some((rule) => rule.ports.length === 0 && rule.peers.length > 0)
}

function found({ object, field, direction }: Grant): Found {
  const whose = direction === 'Ingress' ? 'of the pods that it is for' : 'of its peers'
  return { object, field, message: `the rule names no ports and opens every port of every protocol ${whose}; name those that are needed` }
}
