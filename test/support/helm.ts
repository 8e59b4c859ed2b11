/** support/helm.ts — the real helm, and what it makes of the chart. */

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { ensureBinaries } from '../../tools/control-plane/binaries.ts'
import { type Run, run } from './run.ts'

export const CHART = join(import.meta.dirname, '../../charts/tenant-isolation')

export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  // biome-ignore lint/suspicious/noExplicitAny: whatever the chart says
  readonly [field: string]: any
}

/** Where helm keeps what it keeps: nothing of the user's own. */
const HOME = mkdtempSync(join(tmpdir(), 'helm-'))

/** Resolves whatever the exit code is. */
export async function tryHelm(args: readonly string[], kubeconfig = '/nonexistent'): Promise<Run> {
  const { helm } = await ensureBinaries({ names: ['helm'] })
  const env = { ...process.env, HELM_CACHE_HOME: HOME, HELM_CONFIG_HOME: HOME, HELM_DATA_HOME: HOME, KUBECONFIG: kubeconfig }
  return run(helm, args, { env })
}

/** What helm prints; rejects with what it complains about. */
export async function helm(args: readonly string[], kubeconfig?: string): Promise<string> {
  const { code, output, complaint } = await tryHelm(args, kubeconfig)
  if (code === 0) return output
  throw new Error(`helm ${args.join(' ')}: ${complaint.trim() || `exit code ${code}`}`)
}

let files = 0

/** The arguments for these values. */
export function valuesOf(values: object): readonly string[] {
  const file = join(HOME, `values-${files++}.json`)
  writeFileSync(file, JSON.stringify(values))
  return [`--values=${file}`]
}

export type Release = { readonly name?: string; readonly namespace?: string; readonly values?: object; readonly args?: readonly string[] }

/** The arguments of `helm template` for a release that is called as the documentation calls it unless said. */
export function templateArguments({ name = 'tenant-isolation', namespace = 'tenant-isolation-system', values = {}, args = [] }: Release) {
  return ['template', name, CHART, `--namespace=${namespace}`, ...valuesOf(values), ...args]
}

export async function render(release: Release = {}): Promise<readonly Manifest[]> {
  return manifestsIn(await helm(templateArguments(release)))
}

export function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as Manifest | null) ?? [])
}

/** `Role default/tenant-isolation-events` */
export function identityOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`
}

const OF_THE_RELEASE = ['app.kubernetes.io/instance', 'app.kubernetes.io/managed-by', 'app.kubernetes.io/version', 'helm.sh/chart']

/** Without the labels that say which release it belongs to, and without what only Helm reads. */
export function withoutRelease(manifest: Manifest): Manifest {
  const { labels, annotations, ...metadata } = manifest.metadata
  const own = without(labels, OF_THE_RELEASE)
  const notes = without(annotations, ['helm.sh/resource-policy'])
  return { ...manifest, metadata: { ...metadata, ...(own && { labels: own }), ...(notes && { annotations: notes }) } }
}

function without(map: Readonly<Record<string, string>> = {}, names: readonly string[]) {
  const kept = Object.entries(map).filter(([name]) => !names.includes(name))
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}
