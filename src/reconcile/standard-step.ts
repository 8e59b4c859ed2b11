/** reconcile/standard-step.ts — PURE: which Pod Security labels of a namespace are to be written next, and for whom. */

import type { NamespaceEntry } from './namespace-entry.ts'
import { isWritable, type Tenant } from './tenants.ts'

/** The labels to apply for a tenant; none to take off what was applied before. */
export type StandardStep = { readonly tenant: Tenant; readonly labels: Readonly<Record<string, string>> }

/**
 * What is to be written next, if anything: first the owner's labels, then away with those of others. A label that has the right value is
 * left alone, whoever set it. What was applied for a tenant that is unknown stays, for a hole in our picture must not open anything; and
 * under an owner for whom nothing may be written, only what a deletion waits for is taken off.
 */
export function standardStep(
  { labels, applied }: NamespaceEntry,
  owner: Tenant | undefined,
  tenants: ReadonlyMap<string, Tenant>,
): StandardStep | undefined {
  const frozen = owner !== undefined && !isWritable(owner)
  if (owner && !frozen) {
    const { labels: wanted } = owner.standard
    const surplus = (applied.get(owner.resource.metadata.name) ?? []).some((label) => wanted[label] === undefined)
    if (surplus || Object.entries(wanted).some(([label, value]) => labels[label] !== value)) return { tenant: owner, labels: wanted }
  }
  const others = [...applied.keys()].flatMap((name) => tenants.get(name) ?? []).filter((tenant) => tenant !== owner && isWritable(tenant))
  const left = others.find(({ resource }) => !frozen || resource.metadata.deletionTimestamp !== undefined)
  return left && { tenant: left, labels: {} }
}
