/** control-plane/install.ts — the operator's CRD, RBAC and account, as a chart would install them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import type { ControlPlane } from './control-plane.ts'
import { kubeconfig } from './credentials.ts'
import { APPLY, apply, kubectl } from './kubectl.ts'
import { layoutOf } from './layout.ts'
import { until } from './readiness.ts'

export const OPERATOR_NAMESPACE = 'tenant-isolation-system'
export const OPERATOR_SERVICE_ACCOUNT = 'tenant-isolation'

const ROOT = resolve(import.meta.dirname, '../..')

export type Installation = {
  /** Folders of YAML files or of a kustomization; those of this checkout unless said. */
  readonly crdDirectory?: string
  readonly rbacDirectory?: string
  /** Applied last, in this order; the admission policies that this Kubernetes knows unless said. */
  readonly furtherDirectories?: readonly string[]
}

/**
 * Installs or updates what the operator needs; the result is the path of a kubeconfig with which it runs as its own
 * service account, so that nothing works here for which its ClusterRole is too narrow. The token in it lives a day.
 */
export async function installOperator(controlPlane: ControlPlane, installation: Installation = {}): Promise<string> {
  const {
    crdDirectory = join(ROOT, 'crds'),
    rbacDirectory = join(ROOT, 'config/rbac'),
    furtherDirectories = [join(ROOT, hasMutatingPolicies(controlPlane) ? 'config/admission' : 'config/admission-without-mutating')],
  } = installation
  const [crds, rbac, ...further] = [crdDirectory, rbacDirectory, ...furtherDirectories].map(manifestsIn)
  await kubectl(controlPlane, [...APPLY, ...(crds ?? [])])
  await established(controlPlane, crds ?? [])
  // Before the files that need it, for kubectl applies them in the order of their names.
  await apply(controlPlane, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: OPERATOR_NAMESPACE } }])
  for (const manifests of [rbac ?? [], ...further]) await kubectl(controlPlane, [...APPLY, ...manifests])
  return writeOperatorKubeconfig(controlPlane)
}

/** MutatingAdmissionPolicy is a part of Kubernetes since 1.36. */
export function hasMutatingPolicies({ version }: Pick<ControlPlane, 'version'>): boolean {
  const [, minor = 0] = /^v1\.(\d+)/.exec(version) ?? []
  return Number(minor) >= 36
}

/** Not by `kubectl wait`, which gives up on a CRD that is so new that it has no conditions at all. */
async function established(controlPlane: ControlPlane, crds: readonly string[]): Promise<void> {
  await until({ what: 'the acceptance of the CRDs', servers: [], timeout: 30_000 }, async () => {
    const list = JSON.parse(await kubectl(controlPlane, ['get', '--output=json', ...crds])) as CrdList
    const items = list.items ?? [list]
    return (
      items.every(({ status }) => status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True')) || undefined
    )
  })
}

type Crd = { readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null } }
/** kubectl prints a list for several objects, and the object itself for one. */
type CrdList = Crd & { readonly items?: readonly Crd[] }

/** The arguments that make kubectl read the folder. */
function manifestsIn(directory: string): readonly string[] {
  const files = existsSync(directory) ? readdirSync(directory) : []
  if (files.includes('kustomization.yaml')) return [`--kustomize=${directory}`]
  if (files.some((file) => /\.(yaml|yml|json)$/.test(file))) return [`--filename=${directory}`]
  throw new Error(`${directory} has no YAML files to install; run "make generate"`)
}

/** Its path. With the token itself, which lives a day: client-node does not read the tokenFile of a kubeconfig's user. */
export async function writeOperatorKubeconfig(controlPlane: ControlPlane): Promise<string> {
  const { url, caFile, directory } = controlPlane
  const token = await kubectl(controlPlane, [
    'create',
    'token',
    OPERATOR_SERVICE_ACCOUNT,
    `--namespace=${OPERATOR_NAMESPACE}`,
    '--duration=24h',
  ])
  const file = layoutOf(directory).operatorKubeconfig
  const text = kubeconfig({
    url,
    certificateAuthority: readFileSync(caFile, 'utf8'),
    user: OPERATOR_SERVICE_ACCOUNT,
    namespace: OPERATOR_NAMESPACE,
    token: token.trim(),
  })
  writeFileSync(file, text, { mode: 0o600 })
  return file
}
