/**
 * control-plane/binaries.ts — where the real etcd, kube-apiserver, kube-controller-manager, kubectl, helm, krew and argocd come from.
 *
 * Each is looked for by itself, for the assets of envtest hold no kube-controller-manager.
 */
import { accessSync, constants, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

import { buildBinary, requireGo } from './go-build.ts'
import { ARGO_CD, BINARIES, type BinaryName, FLUX, type GoModule, HELM, KREW, kubernetes, readGoModule } from './go-module.ts'
import { withLock } from './lock.ts'
import { type Report, reportTo } from './report.ts'

export type Binaries<Name extends BinaryName = (typeof BINARIES)[number]> = Readonly<Record<Name, string>>

type Wanted<Name extends BinaryName> = { readonly names?: readonly Name[]; readonly report?: Report }

/**
 * The absolute path of each binary, those of a control plane unless said; compiles what is neither in KUBEBUILDER_ASSETS nor in the cache,
 * which takes minutes.
 */
export async function ensureBinaries<Name extends BinaryName = (typeof BINARIES)[number]>({
  names,
  report,
}: Wanted<Name> = {}): Promise<Binaries<Name>> {
  // Without names, Name is every part of a control plane.
  const wanted = names ?? (BINARIES as readonly BinaryName[] as readonly Name[])
  const found = new Map<Name, string | undefined>()
  for (const source of [kubernetes(), HELM, KREW, ARGO_CD, FLUX]) {
    const own = wanted.filter((name) => name in source.packages)
    if (own.length === 0) continue
    const module = readGoModule(source)
    const cache = cacheDirectory(module, process.env)
    const folders = [...assetDirectory(process.env), cache]
    if (own.some((name) => find(name, folders) === undefined)) {
      await buildMissing({ wanted: own, folders, cache, module, report: report ?? reportTo(process.stderr) })
    }
    for (const name of own) found.set(name, find(name, folders))
  }
  return Object.fromEntries(found) as Binaries<Name>
}

type Environment = Readonly<Record<string, string | undefined>>

export function assetDirectory(environment: Environment): readonly string[] {
  const { KUBEBUILDER_ASSETS: assets } = environment
  return assets ? [resolve(assets)] : []
}

export function cacheDirectory(
  { name, version, fingerprint }: Pick<GoModule, 'name' | 'version' | 'fingerprint'>,
  environment: Environment,
): string {
  const { XDG_CACHE_HOME: cache } = environment
  return join(cache || join(homedir(), '.cache'), 'tenant-isolation', name, `${version}-${fingerprint}`)
}

/** The first of `folders` that has the binary, or undefined. */
export function find(name: BinaryName, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

type Missing = {
  readonly wanted: readonly BinaryName[]
  readonly folders: readonly string[]
  readonly cache: string
  readonly module: GoModule
  readonly report: Report
}

async function buildMissing({ wanted, folders, cache, module, report }: Missing): Promise<void> {
  await requireGo(module)
  await withLock(join(cache, 'lock'), { purpose: `the build of ${module.title}`, report }, async () => {
    removeLeftovers(cache)
    const workDirectory = join(cache, 'work')
    mkdirSync(workDirectory)
    // Looked for again: whoever held the lock may have built them.
    const missing = wanted.filter((name) => find(name, folders) === undefined)
    if (missing.length > 0) report.say(`building ${missing.join(', ')} ${module.version} once into ${cache}`)
    for (const [index, name] of missing.entries()) {
      const output = join(cache, `${name}.${process.pid}.partial`)
      await buildBinary({ name, output, workDirectory, module, position: `${index + 1} of ${missing.length}`, report })
      // Others look for the binary without the lock: it appears whole or not at all.
      renameSync(output, join(cache, name))
    }
    removeLeftovers(cache)
  })
}

/** Of builds that were interrupted, hundreds of megabytes. */
function removeLeftovers(cache: string): void {
  for (const file of readdirSync(cache)) {
    if (file === 'work' || file.endsWith('.partial')) rmSync(join(cache, file), { recursive: true, force: true })
  }
}
