/** control-plane/go-module.ts — what tools/kubernetes/go.mod pins; the only place that says which Kubernetes this is. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const MODULE_DIRECTORY = resolve(import.meta.dirname, '../kubernetes')

export const BINARIES = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const
export type BinaryName = (typeof BINARIES)[number]

export const PACKAGES: Readonly<Record<BinaryName, string>> = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
}

export type GoModule = {
  /** The version of Kubernetes, for example v1.36.3. */
  readonly version: string
  /** The oldest Go that builds it, for example 1.26. */
  readonly go: string
  readonly buildFlags: readonly string[]
  /** Changes with everything that goes into the binaries: the name of their folder in the cache. */
  readonly fingerprint: string
}

export function readGoModule(directory: string = MODULE_DIRECTORY): GoModule {
  const mod = readFileSync(join(directory, 'go.mod'), 'utf8')
  const sum = readFileSync(join(directory, 'go.sum'), 'utf8')
  const version = firstGroup(/^(?:require)?\s*k8s\.io\/kubernetes (v\S+)/m, mod, 'a version of k8s.io/kubernetes')
  const buildFlags = flagsFor(version)
  return {
    version,
    go: firstGroup(/^go (\d+\.\d+)/m, mod, 'a Go version'),
    buildFlags,
    fingerprint: fingerprintOf([mod, sum, ...buildFlags, process.platform, process.arch]),
  }
}

/** Built without these, every binary says it is v0.0.0, and kubectl and clients warn or refuse. */
function flagsFor(version: string): readonly string[] {
  const [major = '', minor = ''] = version.slice(1).split('.')
  const component = 'k8s.io/component-base/version'
  const ldflags = [
    '-s -w',
    `-X ${component}.gitVersion=${version}`,
    `-X ${component}.gitMajor=${major}`,
    `-X ${component}.gitMinor=${minor}`,
    `-X k8s.io/client-go/pkg/version.gitVersion=${version}`,
  ].join(' ')
  return ['-mod=readonly', '-trimpath', '-buildvcs=false', `-ldflags=${ldflags}`]
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
