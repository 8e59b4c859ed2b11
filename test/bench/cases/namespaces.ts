/** bench/cases/namespaces.ts — a namespace is made: how long it stands open, and how long it takes until it has all its policies. */

import type { Seen } from '../observer.ts'
import { BASELINE, NAMESPACES_PATH, namespaceObject, POLICIES_PER_NAMESPACE } from '../scenario.ts'
import { type Bench, type Case, caseOf, counted } from './context.ts'
import { tenantNames } from './prepare.ts'

/** From sending the POST, as the peers were measured; `FromReply` from its answer, when whoever made the namespace may go on. */
export type NewNamespaces = { readonly sealed: Case; readonly all: Case; readonly sealedFromReply: Case; readonly allFromReply: Case }

export async function newNamespaces(bench: Bench): Promise<NewNamespaces> {
  const { size, progress } = bench
  progress(`${size.namespaces} new namespaces, one by one`)
  const tenants = tenantNames(size)
  const made = Array.from({ length: size.namespaces }, (_, index) => {
    const tenant = tenants[index % tenants.length] ?? ''
    return { name: `${tenant}-new-${index}`, tenant }
  })
  const { results, counts } = await counted(bench, made, (namespace) => makeNamespace(bench, namespace))
  const samples = (of: (times: Times) => number) => caseOf(results.map(of), counts)
  return {
    sealed: samples(({ sentAt, sealedAt }) => sealedAt - sentAt),
    all: samples(({ sentAt, allAt }) => allAt - sentAt),
    sealedFromReply: samples(({ answeredAt, sealedAt }) => sealedAt - answeredAt),
    allFromReply: samples(({ answeredAt, allAt }) => allAt - answeredAt),
  }
}

type Times = { readonly sentAt: number; readonly answeredAt: number; readonly sealedAt: number; readonly allAt: number }

async function makeNamespace({ admin, observer }: Bench, { name, tenant }: { name: string; tenant: string }): Promise<Times> {
  const added = ({ type, policy }: Seen) => type === 'ADDED' && policy.metadata.namespace === name
  let count = 0
  const sentAt = performance.now()
  const [answeredAt, sealed, all] = await Promise.all([
    admin.request('POST', NAMESPACES_PATH, namespaceObject(name, tenant)).then(() => performance.now()),
    observer.first(`the baseline in ${name}`, (seen) => added(seen) && seen.policy.metadata.name === BASELINE),
    observer.first(`all policies in ${name}`, (seen) => added(seen) && ++count === POLICIES_PER_NAMESPACE),
  ])
  return { sentAt, answeredAt, sealedAt: sealed.at, allAt: all.at }
}
