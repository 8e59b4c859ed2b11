/** control-plane/go-module.ts — what the go.mod files of tools/ pin; the only place that says which versions these are. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** What a control plane is made of. */
export const BINARIES = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const
/** Real tools that judge and use what we make for them. */
export const TOOLS = ['helm', 'krew', 'argocd', 'flux-health'] as const
export type BinaryName = (typeof BINARIES)[number] | (typeof TOOLS)[number]

/** A folder with a go.mod, and what is built from it. */
export type ModuleSource = {
  /** The name of its folder in the cache. */
  readonly name: 'kubernetes' | 'helm' | 'krew' | 'argocd' | 'flux'
  /** For people. */
  readonly title: string
  readonly directory: string
  readonly packages: Readonly<Partial<Record<BinaryName, string>>>
  /** The Go module whose version the binaries have. */
  readonly versionOf: string
  /** What tells the binaries their version. */
  readonly linkerFlags: (version: string) => readonly string[]
}

/** The newest first; each is a folder with a go.mod, of which the newest is the outer one. */
const NEWEST = '1.36'
const OLDER = ['1.35', '1.34']

/** The version of Kubernetes that `make test KUBERNETES=1.34` asks for, the newest unless said; throws one sentence when it cannot be built. */
export function kubernetes(wanted: string = process.env.KUBERNETES || NEWEST): ModuleSource {
  if (wanted !== NEWEST && !OLDER.includes(wanted))
    throw new Error(`KUBERNETES=${wanted} cannot be built; tools/kubernetes has ${[NEWEST, ...OLDER].join(', ')}`)
  const directory = resolve(import.meta.dirname, '../kubernetes')
  return { ...KUBERNETES, directory: wanted === NEWEST ? directory : join(directory, wanted) }
}

const KUBERNETES: Omit<ModuleSource, 'directory'> = {
  name: 'kubernetes',
  title: 'Kubernetes',
  packages: {
    etcd: 'go.etcd.io/etcd/server/v3',
    'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
    'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
    kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  },
  versionOf: 'k8s.io/kubernetes',
  // Built without these, every binary says it is v0.0.0, and kubectl and clients warn or refuse.
  linkerFlags(version) {
    const [major = '', minor = ''] = version.slice(1).split('.')
    const component = 'k8s.io/component-base/version'
    return [
      `-X ${component}.gitVersion=${version}`,
      `-X ${component}.gitMajor=${major}`,
      `-X ${component}.gitMinor=${minor}`,
      `-X k8s.io/client-go/pkg/version.gitVersion=${version}`,
    ]
  },
}

export const HELM: ModuleSource = {
  name: 'helm',
  title: 'Helm',
  directory: resolve(import.meta.dirname, '../helm'),
  packages: { helm: 'helm.sh/helm/v4/cmd/helm' },
  versionOf: 'helm.sh/helm/v4',
  linkerFlags: (version) => [`-X helm.sh/helm/v4/internal/version.version=${version}`],
}

export const KREW: ModuleSource = {
  name: 'krew',
  title: 'krew',
  directory: resolve(import.meta.dirname, '../krew'),
  packages: { krew: 'sigs.k8s.io/krew/cmd/krew' },
  versionOf: 'sigs.k8s.io/krew',
  linkerFlags: (version) => [`-X sigs.k8s.io/krew/internal/version.gitTag=${version}`],
}

/** One binary that is all of Argo CD's programs, and goes by the name by which it is called. */
export const ARGO_CD: ModuleSource = {
  name: 'argocd',
  title: 'Argo CD',
  directory: resolve(import.meta.dirname, '../argocd'),
  packages: { argocd: 'github.com/argoproj/argo-cd/v3/cmd' },
  versionOf: 'github.com/argoproj/argo-cd/v3',
  linkerFlags: (version) => [`-X github.com/argoproj/argo-cd/v3/common.version=${version}`],
}

export const FLUX: ModuleSource = {
  name: 'flux',
  title: 'Flux',
  directory: resolve(import.meta.dirname, '../flux'),
  packages: { 'flux-health': '.' },
  versionOf: 'github.com/fluxcd/pkg/runtime',
  linkerFlags: () => [],
}

export type GoModule = ModuleSource & {
  /** For example v1.36.3. */
  readonly version: string
  /** The oldest Go that builds it, for example 1.26. */
  readonly go: string
  readonly buildFlags: readonly string[]
  /** Changes with everything that goes into the binaries: the name of their folder in the cache. */
  readonly fingerprint: string
}

export function readGoModule(source: ModuleSource = kubernetes()): GoModule {
  const mod = readFileSync(join(source.directory, 'go.mod'), 'utf8')
  const sum = readFileSync(join(source.directory, 'go.sum'), 'utf8')
  const version = firstGroup(new RegExp(`^(?:require)?\\s*${source.versionOf} (v\\S+)`, 'm'), mod, `a version of ${source.versionOf}`)
  const ldflags = ['-s -w', ...source.linkerFlags(version)].join(' ')
  const buildFlags = ['-mod=readonly', '-trimpath', '-buildvcs=false', `-ldflags=${ldflags}`]
  return {
    ...source,
    version,
    go: firstGroup(/^go (\d+\.\d+)/m, mod, 'a Go version'),
    buildFlags,
    fingerprint: fingerprintOf([mod, sum, ...ownSources(source.directory), ...buildFlags, process.platform, process.arch]),
  }
}

/** Most have none: everything is in the modules that go.mod names. */
function ownSources(directory: string): readonly string[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.go'))
  return files.sort().map((file) => readFileSync(join(directory, file), 'utf8'))
}

function fingerprintOf(parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:${part}`)
  return hash.digest('hex').slice(0, 12)
}

function firstGroup(pattern: RegExp, text: string, what: string): string {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error(`go.mod does not name ${what}`)
  return found
}
