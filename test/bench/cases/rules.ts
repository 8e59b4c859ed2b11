/** bench/cases/rules.ts — one rule of one tenant is edited: how long until it holds in all its namespaces, from sending the edit. */

import { MERGE_PATCH } from '../api.ts'
import { NAMESPACES_PER_TENANT, ruleEdit, TENANTS_PATH } from '../scenario.ts'
import { type Bench, type Case, caseOf, counted } from './context.ts'
import { tenantNames } from './prepare.ts'

/** While every tenant has as many namespaces as the scenario says: before namespaces are added. */
export async function ruleEdits(bench: Bench): Promise<Case> {
  const { size, progress } = bench
  progress(`${size.ruleEdits} edits of one rule`)
  const tenants = tenantNames(size)
  const edits = Array.from({ length: size.ruleEdits }, (_, index) => ({
    tenant: tenants[index % tenants.length] ?? '',
    port: 9000 + index,
  }))
  const { results, counts } = await counted(bench, edits, (edit) => editRule(bench, edit))
  return caseOf(results, counts)
}

async function editRule({ admin, observer }: Bench, { tenant, port }: { tenant: string; port: number }): Promise<number> {
  const text = `"port":${port}`
  let count = 0
  const sentAt = performance.now()
  const [{ at }] = await Promise.all([
    observer.first(
      `port ${port} in all namespaces of ${tenant}`,
      ({ type, policy }) => type === 'MODIFIED' && JSON.stringify(policy.spec).includes(text) && ++count === NAMESPACES_PER_TENANT,
    ),
    admin.request('PATCH', `${TENANTS_PATH}/${tenant}`, ruleEdit(tenant, port), MERGE_PATCH),
  ])
  return at - sentAt
}
