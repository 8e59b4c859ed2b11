/** cli/check/observe.ts — looks at a cluster for `check`: each thing by itself, so that a missing right takes away one line and not the answer. */

import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { OPERATOR_ACCOUNT, type OperatorAccount } from '../../admission/guards/identities.ts'
import { type Configuration, DEFAULT_CONFIGURATION, parseConfiguration } from '../../api/configuration.ts'
import type { TenantIsolation } from '../../api/tenant-isolation.ts'
import type { Lease } from '../../controller/lease.ts'
import type { EndpointSlice, Service } from '../../desired/network/discovery.ts'
import type { KubeObject } from '../../kube/objects.ts'
import { dnsServices, SERVICE_NAME_LABEL, Services } from '../../reconcile/facts.ts'
import { ENDPOINT_SLICES, NAMESPACES, SERVICES, TENANT_ISOLATIONS } from '../../reconcile/resources.ts'
import type { Cluster } from '../input/cluster.ts'
import { installerLacks, missingRightsOf } from './access-reviews.ts'
import { type Expected, expectedBindings, expectedCrd, expectedPolicies } from './expected.ts'
import { createEyes, type Eyes } from './eyes.ts'
import type { ClusterFacts, Compared, DaemonSet, Deployment, Installation, Seen } from './facts.ts'
import * as kinds from './kinds.ts'

const NAME = 'tenant-isolation'

export type Looking = {
  readonly version: string
  /** Where the operator is; looked for in all namespaces unless said. */
  readonly operatorNamespace: string | undefined
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Rejects when the API server does not answer, and never for want of a right. */
export async function observeCluster(cluster: Cluster, { version, operatorNamespace, now }: Looking): Promise<ClusterFacts> {
  const eyes = createEyes(cluster)
  const [kubernetes, user, validatingPolicies, mutatingPolicies, tenants] = await Promise.all([
    cluster.version(),
    cluster.whoAmI(),
    cluster.serves(kinds.VALIDATING_POLICIES),
    cluster.serves(kinds.MUTATING_POLICIES),
    cluster.serves(TENANT_ISOLATIONS),
  ])
  const serves = { validatingPolicies, mutatingPolicies, tenants }
  const deployment = await deploymentIn(eyes, operatorNamespace)
  const account: OperatorAccount = {
    namespace: operatorNamespace ?? namespaceOf(deployment) ?? OPERATOR_ACCOUNT.namespace,
    serviceAccount: accountOf(deployment) ?? OPERATOR_ACCOUNT.serviceAccount,
  }
  // Whoever may not see where it is cannot be told anything about that place: neither how it is there, nor which rights it takes to look.
  const found = operatorNamespace !== undefined || deployment !== 'unseen'
  const [installation, daemonSets, serviceRanges, podRanges, installer] = await Promise.all([
    installationIn(eyes, { deployment, account, serves, user, now, found }),
    eyes.list(kinds.DAEMON_SETS, (object) => object as DaemonSet),
    eyes.list(kinds.SERVICE_CIDRS, (object) => (object as KubeObject<{ readonly cidrs?: readonly string[] }>).spec?.cidrs),
    eyes.list(kinds.NODES, (object) => (object as KubeObject<{ readonly podCIDRs?: readonly string[] }>).spec?.podCIDRs),
    tenants ? undefined : installerLacks(cluster),
  ])
  const { configuration } = installation
  const known = configuration !== 'unseen' && configuration && 'configuration' in configuration ? configuration.configuration : undefined
  const dns = await dnsIn(eyes, known ?? DEFAULT_CONFIGURATION)
  return {
    version,
    kubernetes,
    serves,
    account,
    daemonSets: daemonSets ?? [],
    dns,
    serviceRanges: flat(serviceRanges),
    podRanges: flat(podRanges) ?? [],
    installation,
    installer,
    user,
    unseen: eyes.unseen,
  }
}

/** By its name in the namespace that was named, or in whichever it is. */
async function deploymentIn(eyes: Eyes, namespace: string | undefined): Promise<Seen<Deployment | undefined>> {
  if (namespace !== undefined) return await eyes.get<Deployment>(kinds.DEPLOYMENTS, { namespace, name: NAME })
  const found = await eyes.list(kinds.DEPLOYMENTS, (object) => object as Deployment, {
    name: NAME,
    labelSelector: `app.kubernetes.io/name=${NAME}`,
  })
  return found === 'unseen' ? found : found?.[0]
}

function namespaceOf(deployment: Seen<Deployment | undefined>): string | undefined {
  return deployment === 'unseen' ? undefined : deployment?.metadata.namespace
}

function accountOf(deployment: Seen<Deployment | undefined>): string | undefined {
  return deployment === 'unseen' ? undefined : deployment?.spec?.template.spec.serviceAccountName
}

type Found = Pick<ClusterFacts, 'account' | 'serves' | 'user'> &
  Pick<Installation, 'deployment'> &
  Pick<Looking, 'now'> & { readonly found: boolean }

async function installationIn(eyes: Eyes, { deployment, account, serves, user, now, found }: Found): Promise<Installation> {
  const { namespace } = account
  const policies = serves.validatingPolicies ? expectedPolicies(account, serves.mutatingPolicies) : []
  const bindings = serves.validatingPolicies ? expectedBindings(account) : []
  const [crd, storedPolicies, storedBindings, configuration, ownNamespace, lease, tenants] = await Promise.all([
    eyes.get<KubeObject>(kinds.CUSTOM_RESOURCE_DEFINITIONS, { name: expectedCrd().metadata.name }),
    compared(eyes, policies),
    compared(eyes, bindings),
    found ? configurationIn(eyes, namespace) : ('unseen' as const),
    found ? eyes.get<KubeObject>(NAMESPACES, { name: namespace }) : ('unseen' as const),
    found ? leaseIn(eyes, namespace, now) : ({ lease: 'unseen', leaseIsRecent: false } as const),
    serves.tenants ? eyes.list(TENANT_ISOLATIONS, (object) => object as TenantIsolation) : undefined,
  ])
  const clusterRoles = (
    configuration !== 'unseen' && configuration && 'configuration' in configuration ? configuration.configuration : DEFAULT_CONFIGURATION
  ).access.clusterRoles
  return {
    crd: crd as Installation['crd'],
    policies: storedPolicies,
    bindings: storedBindings,
    missingRights: found ? await missingRightsOf(eyes, account, clusterRoles, user) : 'unseen',
    configuration,
    namespace: ownNamespace,
    deployment,
    ...lease,
    tenants,
  }
}

async function compared(eyes: Eyes, all: readonly Expected[]): Promise<readonly Compared[]> {
  return await Promise.all(
    all.map(async ({ kind, metadata: { name }, spec }) => {
      const resource = kinds.ADMISSION_KINDS[kind as keyof typeof kinds.ADMISSION_KINDS]
      return { kind, name, expected: spec, stored: await eyes.get<KubeObject>(resource, { name }) }
    }),
  )
}

type ConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> }

async function configurationIn(eyes: Eyes, namespace: string): Promise<Installation['configuration']> {
  const found = await eyes.get<ConfigMap>(kinds.CONFIG_MAPS, { namespace, name: NAME })
  if (found === 'unseen' || found === undefined) return found
  try {
    return parseConfiguration(parse(found.data?.['config.yaml'] ?? '', { version: '1.1' }))
  } catch (error) {
    return { violations: [error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)] }
  }
}

/** A leader renews every two seconds. */
const PATIENCE_MS = 5_000

/**
 * The Lease's times are another machine's: where they are not near to ours, it is recent when it moves. So nobody is told that a leader is
 * dead because a clock is wrong.
 */
async function leaseIn(eyes: Eyes, namespace: string, now: () => number): Promise<Pick<Installation, 'lease' | 'leaseIsRecent'>> {
  const read = () => eyes.get<Lease>(kinds.LEASES, { namespace, name: NAME })
  const lease = await read()
  if (lease === 'unseen' || !lease?.spec?.holderIdentity) return { lease, leaseIsRecent: false }
  const { renewTime, leaseDurationSeconds } = lease.spec
  const age = now() - Date.parse(renewTime ?? '')
  if (Math.abs(age) < (leaseDurationSeconds ?? 15) * 1_000) return { lease, leaseIsRecent: true }
  await sleep(PATIENCE_MS)
  const later = await read()
  return { lease: later, leaseIsRecent: later !== 'unseen' && later !== undefined && later.spec?.renewTime !== renewTime }
}

/** The first that is there, as the operator takes it; where that may not be seen, nothing is said of those behind it. */
async function dnsIn(eyes: Eyes, configuration: Configuration): Promise<ClusterFacts['dns']> {
  const seen = new Services()
  for (const { namespace, name } of dnsServices(configuration)) {
    const [service, slices] = await Promise.all([
      eyes.get<Service & KubeObject>(SERVICES, { namespace, name }),
      eyes.list(ENDPOINT_SLICES, (object) => object as EndpointSlice & KubeObject, {
        namespace,
        labelSelector: `${SERVICE_NAME_LABEL}=${name}`,
      }),
    ])
    if (service === 'unseen' || slices === 'unseen') return 'unseen'
    seen.setService({ namespace, name }, service)
    for (const slice of slices ?? []) seen.setSlice({ namespace, name }, slice.metadata.name, slice)
    const found = seen.dns(configuration)
    if (found) return found
  }
  return undefined
}

function flat(ranges: Seen<readonly (readonly string[])[] | undefined>): Seen<readonly string[] | undefined> {
  return ranges === 'unseen' ? ranges : ranges?.flat()
}
