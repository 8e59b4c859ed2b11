/** cli/check/lines/running.ts — PURE: whether the operator runs, leads, and has its tenants as they should be. */

import type { TenantIsolation } from '../../../api/tenant-isolation.ts'
import { holderOf } from '../../../controller/lease.ts'
import type { ClusterFacts } from '../facts.ts'
import { type Line, someOf, unseenLine } from '../line.ts'
import { INSTALL } from './installed.ts'

export function operatorLine({ installation: { deployment, leaseIsRecent }, account: { namespace }, version }: ClusterFacts): Line {
  const check = 'operator'
  if (deployment === 'unseen') return unseenLine(check, `Deployment ${namespace}/tenant-isolation`)
  if (!deployment && leaseIsRecent)
    return {
      check,
      mark: 'warning',
      reason: `there is no Deployment ${namespace}/tenant-isolation: the operator runs outside of the cluster`,
    }
  if (!deployment)
    return {
      check,
      mark: 'missing',
      reason: `there is no Deployment ${namespace}/tenant-isolation`,
      advice: `${INSTALL}; if it is in another namespace, name that with --operator-namespace`,
    }
  const { replicas = 1 } = deployment.spec ?? {}
  const { readyReplicas = 0, updatedReplicas = 0, observedGeneration = 0 } = deployment.status ?? {}
  const name = `Deployment ${namespace}/tenant-isolation`
  const look = `kubectl describe pods --namespace ${namespace} --selector app.kubernetes.io/name=tenant-isolation`
  if (readyReplicas === 0) return { check, mark: 'missing', reason: `${name} has no replica that is ready`, advice: `see why: ${look}` }
  const settled = observedGeneration >= (deployment.metadata.generation ?? 0) && updatedReplicas >= replicas
  if (readyReplicas < replicas || !settled)
    return {
      check,
      mark: 'warning',
      reason: `${name} has ${readyReplicas} of ${replicas} replicas ready${settled ? '' : ', and is being rolled out'}`,
      advice: `see why: ${look}`,
    }
  const running = tagOf(deployment.spec?.template.spec.containers[0]?.image)
  if (running !== undefined && running !== version)
    return {
      check,
      mark: 'warning',
      reason: `the operator is version ${running}, and this program ${version}: what it says of CustomResourceDefinition and policies is about ${version}`,
      advice: `take version ${running} of this program`,
    }
  return { check, mark: 'ok', reason: `${name} has ${readyReplicas} of ${replicas} replicas ready` }
}

/** Undefined where the image is named by its digest alone. */
function tagOf(image = ''): string | undefined {
  return /:([\w][\w.-]*)(?:@.*)?$/.exec(image.slice(image.lastIndexOf('/') + 1).replace(/@.*$/, ''))?.[1]
}

export function leaderLine({ installation: { lease, leaseIsRecent }, account: { namespace } }: ClusterFacts): Line {
  const check = 'leader'
  const name = `Lease ${namespace}/tenant-isolation`
  if (lease === 'unseen') return unseenLine(check, name)
  const holder = lease && holderOf(lease)
  if (holder && leaseIsRecent) return { check, mark: 'ok', reason: `${holder} holds ${name} and renews it` }
  return {
    check,
    mark: 'missing',
    reason: holder ? `${holder} holds ${name}, and has not renewed it since ${lease.spec?.renewTime}` : `nobody holds ${name}`,
    advice: 'nothing is put back and no new namespace is let in until a replica leads: docs/runbooks/TenantIsolationNobodyLeads.md',
  }
}

export function tenantsLine({ installation: { tenants } }: ClusterFacts): Line {
  const check = 'tenants'
  if (tenants === 'unseen') return unseenLine(check, 'the TenantIsolations')
  if (!tenants) return { check, mark: 'missing', reason: 'the API server does not know the kind TenantIsolation', advice: INSTALL }
  const notReady = tenants.flatMap((tenant) => {
    const ready = tenant.status?.conditions?.find(({ type }) => type === 'Ready')
    return ready?.status === 'True' ? [] : [`${tenant.metadata.name} (${ready?.reason ?? 'no status yet'})`]
  })
  if (notReady.length === 0) return { check, mark: 'ok', reason: `${countText(tenants)} Ready` }
  return {
    check,
    mark: 'warning',
    reason: `${notReady.length} of ${tenants.length} TenantIsolations are not Ready: ${someOf(notReady)}`,
    advice: 'kubectl get tenantisolations -o wide says why; docs/status.md explains every reason',
  }
}

function countText({ length }: readonly TenantIsolation[]): string {
  if (length === 0) return 'there is no TenantIsolation yet, so none is not'
  return length === 1 ? 'the one TenantIsolation is' : `all ${length} TenantIsolations are`
}
