/** api/labels.ts — the names under which we are known: group, labels, annotations, finalizer. They are API and never change. */

export const GROUP = 'tenant-isolation.dev'
export const VERSION = 'v1alpha1'
export const API_VERSION = `${GROUP}/${VERSION}`
export const KIND = 'TenantIsolation'

/** On every object that the operator writes: which tenant it belongs to. Watches and guards select by it. */
export const TENANT_LABEL = `${GROUP}/tenant`
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by'
export const MANAGED_BY = 'tenant-isolation'

/** Which rules of the resource an object carries, for people who find the object first. */
export const RULES_ANNOTATION = `${GROUP}/rules`

/** On pods that defaulting looked at: the profile that admits them. For people; nothing trusts it. */
export const PROFILE_ANNOTATION = `${GROUP}/profile`

/** Silences lint codes on one object, each with a reason: `TI003=the office may use every port`. */
export const LINT_IGNORE_ANNOTATION = `${GROUP}/lint-ignore`

/** Holds a deleted resource until its policies are let go in an order that cuts no flow. */
export const FINALIZER = `${GROUP}/let-go-in-order`

/** The field manager of our writes, and the user agent's first word. */
export const FIELD_MANAGER = 'tenant-isolation'

/** The policy of every tenant namespace that selects all its pods; the names of the others begin with it. */
export const BASELINE_POLICY = 'tenant-isolation'

/** The labels of Pod Security Admission begin with this (pod-security-admission api/constants.go). */
export const POD_SECURITY_PREFIX = 'pod-security.kubernetes.io/'

/** Set by the API server on every namespace; nobody can make it lie, so it is how a namespace is selected by name. */
export const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name'

/** Never touched, whatever a selector says. */
export const ALWAYS_PROTECTED_NAMESPACES = ['kube-node-lease', 'kube-public', 'kube-system'] as const
