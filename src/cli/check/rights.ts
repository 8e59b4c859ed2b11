/** cli/check/rights.ts — PURE: the operator's rights one by one, as the API server can be asked for them. */

import type { OperatorAccount } from '../../admission/guards/identities.ts'
import { OPERATOR_RULES } from './rights.generated.ts'

/** A rule of config/rbac. */
export type OperatorRule = {
  /** Undefined: in the whole cluster. */
  readonly namespace?: string
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

/** `resourceAttributes` of authorization.k8s.io/v1; without a namespace it is asked about all of them. */
export type Access = {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly name?: string
  readonly namespace?: string
}

/** What the operator needs where it runs as `account`, and may give these ClusterRoles. */
export function operatorAccess(account: OperatorAccount, clusterRoles: readonly string[]): readonly Access[] {
  return OPERATOR_RULES.flatMap((rule) => {
    const { namespace, apiGroups, resources, verbs } = rule
    const names = verbs.includes('bind') ? clusterRoles : (rule.resourceNames ?? [undefined])
    return apiGroups.flatMap((group) =>
      resources.flatMap((whole) => {
        const [resource = '', subresource] = whole.split('/')
        return verbs.flatMap((verb) =>
          names.map((name) => ({
            verb,
            group,
            resource,
            ...(subresource !== undefined && { subresource }),
            ...(name !== undefined && { name }),
            ...(namespace !== undefined && { namespace: namespace === 'of the operator' ? account.namespace : namespace }),
          })),
        )
      }),
    )
  })
}

/** What an installation makes. The roles it makes have to be held, too, or verb `escalate`. */
export const INSTALLER_ACCESS: readonly Access[] = [
  { verb: 'create', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
  { verb: 'create', group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies' },
  { verb: 'create', group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicybindings' },
  { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
  { verb: 'create', group: '', resource: 'namespaces' },
  { verb: 'create', group: 'apps', resource: 'deployments' },
]

export const ESCALATE: Access = { verb: 'escalate', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' }

/** "update tenantisolations/status.tenant-isolation.dev", "get leases.coordination.k8s.io in namespace platform" */
export function accessText({ verb, group, resource, subresource, name, namespace }: Access): string {
  const kind = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group && `.${group}`}`
  return `${verb} ${kind}${name === undefined ? '' : ` ${name}`}${namespace === undefined ? '' : ` in namespace ${namespace}`}`
}
