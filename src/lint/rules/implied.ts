/** lint/rules/implied.ts — TI007: a rule that another one implies. */

import { coversGrant } from '../covers.ts'
import type { Found } from '../finding.ts'
import { refText } from '../finding.ts'
import type { Grant } from '../grants.ts'
import type { LintRule } from '../input.ts'

export const implied: LintRule = {
  code: 'TI007',
  name: 'ImpliedRule',
  severity: 'info',
  summary: 'a rule allows nothing that another rule does not allow anyway',
  check: ({ grants }) => [...Map.groupBy(grants, placeOf).values()].flatMap(inPlace),
}

/** Rules of one resource are compared with each other, and those of all policies of one namespace. */
function placeOf({ tenant, namespaces, direction }: Grant): string {
  return `${direction} ${tenant === undefined ? `namespace ${namespaces.join()}` : `tenant ${tenant}`}`
}

function inPlace(grants: readonly Grant[]): readonly Found[] {
  return grants.flatMap((grant, index) => {
    // What is a setting of its own may be there beside rules.
    if (grant.called === 'intraTenant' || grant.called === 'dns') return []
    // Of two that say the same, the first one stays.
    const wider = grants.find((other, at) => at !== index && coversGrant(other, grant) && (at < index || !coversGrant(grant, other)))
    return wider ? [found(grant, wider)] : []
  })
}

function found(grant: Grant, wider: Grant): Found {
  const { object, field } = grant
  const by = refText(wider.object) === refText(object) ? wider.called : `${wider.called} of ${refText(wider.object)}`
  return { object, field, message: `allows nothing that ${by} does not allow already; take one of the two away` }
}
