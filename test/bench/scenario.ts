/**
 * bench/scenario.ts — the tenants of the benchmark: what the peers were measured with, said in our resource.
 *
 * Theirs were five policies for all pods: deny both ways; DNS; ingress from the same tenant; ingress from ingress-nginx on 8080; egress to
 * 10.20.0.0/16 but for a /24 on 5432. Ours has one policy for all pods (deny, DNS), and one per kind of pod: as many, and as large.
 */

import { BASELINE_POLICY } from '../../src/api/labels.ts'

export const POLICIES_PER_NAMESPACE = 5
export const NAMESPACES_PER_TENANT = 5
export const BASELINE = BASELINE_POLICY

export const TENANTS_PATH = '/apis/tenant-isolation.dev/v1alpha1/tenantisolations'
export const NAMESPACES_PATH = '/api/v1/namespaces'

export function policiesPath(namespace: string, name?: string): string {
  const collection = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`
  return name === undefined ? collection : `${collection}/${name}`
}

export function tenantName(index: number): string {
  return `tenant-${String(index).padStart(4, '0')}`
}

export function namespaceName(tenant: string, index: number): string {
  return `${tenant}-${index}`
}

export function namespacesOf(tenant: string): string[] {
  return Array.from({ length: NAMESPACES_PER_TENANT }, (_, index) => namespaceName(tenant, index))
}

export function namespaceObject(name: string, tenant: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { tenant } } }
}

export function tenantObject(tenant: string): object {
  return {
    apiVersion: 'tenant-isolation.dev/v1alpha1',
    kind: 'TenantIsolation',
    metadata: { name: tenant },
    spec: { namespaceSelector: { matchLabels: { tenant } }, network: networkOf(tenant, 8080) },
  }
}

/** What the edit of one rule changes: the port on which ingress-nginx reaches web. */
export function ruleEdit(tenant: string, port: number): object {
  return { spec: { network: networkOf(tenant, port) } }
}

function networkOf(tenant: string, port: number): object {
  const sameTenant = [{ namespaceSelector: { matchLabels: { tenant } } }]
  const pods = (app: string) => ({ podSelector: { matchLabels: { app } } })
  return {
    ingress: [
      {
        name: 'web',
        appliesTo: pods('web'),
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } }],
        ports: [{ port }],
      },
      { name: 'api', appliesTo: pods('api'), from: sameTenant },
    ],
    egress: [
      {
        name: 'database',
        appliesTo: pods('worker'),
        to: [{ cidr: '10.20.0.0/16', except: ['10.20.30.0/24'] }],
        ports: [{ port: 5432 }],
      },
      { name: 'api', appliesTo: pods('batch'), to: sameTenant },
    ],
  }
}

/** What somebody else does to a policy: everybody may connect. */
export const POLICY_EDIT = { spec: { ingress: [{}], policyTypes: ['Ingress', 'Egress'] } }
