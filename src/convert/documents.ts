/** convert/documents.ts — PodSecurityPolicies and the RBAC objects around them, as people keep them in files. */

type Metadata = {
  readonly name?: string
  readonly namespace?: string
  readonly annotations?: Readonly<Record<string, string>> | null
}

type Rule<Name extends string> = { readonly rule?: Name; readonly ranges?: readonly Range[] | null }
type Range = { readonly min: number; readonly max: number }

/** policy/v1beta1 PodSecurityPolicy, as of Kubernetes 1.24. */
export type PspSpec = {
  readonly privileged?: boolean
  readonly defaultAddCapabilities?: readonly string[] | null
  readonly requiredDropCapabilities?: readonly string[] | null
  readonly allowedCapabilities?: readonly string[] | null
  readonly volumes?: readonly string[] | null
  readonly hostNetwork?: boolean
  readonly hostPorts?: readonly Range[] | null
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly seLinux?: { readonly rule?: string; readonly seLinuxOptions?: Readonly<Record<string, string>> | null }
  readonly runAsUser?: Rule<string>
  readonly runAsGroup?: Rule<string> | null
  readonly supplementalGroups?: Rule<string>
  readonly fsGroup?: Rule<string>
  readonly readOnlyRootFilesystem?: boolean
  readonly defaultAllowPrivilegeEscalation?: boolean | null
  readonly allowPrivilegeEscalation?: boolean | null
  readonly allowedHostPaths?: readonly { readonly pathPrefix?: string; readonly readOnly?: boolean }[] | null
  readonly allowedFlexVolumes?: readonly { readonly driver: string }[] | null
  readonly allowedCSIDrivers?: readonly { readonly name: string }[] | null
  readonly allowedUnsafeSysctls?: readonly string[] | null
  readonly forbiddenSysctls?: readonly string[] | null
  readonly allowedProcMountTypes?: readonly string[] | null
  readonly runtimeClass?: {
    readonly allowedRuntimeClassNames?: readonly string[] | null
    readonly defaultRuntimeClassName?: string | null
  } | null
}

export type PodSecurityPolicy = { readonly metadata: Metadata; readonly spec: PspSpec }

export type PolicyRule = {
  readonly apiGroups?: readonly string[] | null
  readonly resources?: readonly string[] | null
  readonly resourceNames?: readonly string[] | null
  readonly verbs?: readonly string[] | null
}

export type Role = { readonly kind: 'Role' | 'ClusterRole'; readonly metadata: Metadata; readonly rules?: readonly PolicyRule[] | null }

export type RbacSubject = { readonly kind: string; readonly name: string; readonly namespace?: string }

export type RoleBinding = {
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding'
  readonly metadata: Metadata
  readonly roleRef: { readonly kind: string; readonly name: string }
  readonly subjects?: readonly RbacSubject[] | null
}

export type Sorted = {
  readonly policies: readonly PodSecurityPolicy[]
  readonly roles: readonly Role[]
  readonly bindings: readonly RoleBinding[]
  /** What is none of these, by kind and name. */
  readonly others: readonly string[]
}

/** The documents by kind; lists, as `kubectl get -o yaml` writes them, are looked into. */
export function sorted(documents: readonly unknown[]): Sorted {
  const objects = documents.flatMap(withItems)
  const ofKind = (...kinds: readonly string[]) => objects.filter(({ kind }) => kinds.includes(String(kind)))
  const known = ['PodSecurityPolicy', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']
  return {
    policies: ofKind('PodSecurityPolicy') as unknown as readonly PodSecurityPolicy[],
    roles: ofKind('Role', 'ClusterRole') as unknown as readonly Role[],
    bindings: ofKind('RoleBinding', 'ClusterRoleBinding') as unknown as readonly RoleBinding[],
    others: objects
      .filter(({ kind }) => !known.includes(String(kind)))
      .map(({ kind, metadata }) => `${kind ?? 'a document without a kind'} ${(metadata as Metadata | undefined)?.name ?? ''}`.trim()),
  }
}

function withItems(document: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (typeof document !== 'object' || document === null) return []
  const { kind, items } = document as { readonly kind?: unknown; readonly items?: unknown }
  if (!String(kind).endsWith('List') || !Array.isArray(items)) return [document as Readonly<Record<string, unknown>>]
  // kubectl's typed lists leave the kind of their items out.
  const itemKind = String(kind).slice(0, -'List'.length)
  return items.flatMap((item) => withItems(itemKind === '' ? item : { kind: itemKind, ...item }))
}
