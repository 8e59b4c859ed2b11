/** control-plane/kubectl.ts — the real kubectl against a control plane. */
import { spawn } from 'node:child_process'

import type { ControlPlane } from './control-plane.ts'
import type { User } from './credentials.ts'
import { layoutOf } from './layout.ts'

export type Invocation = {
  /** The administrator unless said. */
  readonly user?: User
  /** For standard input. */
  readonly input?: string
  /** Where file names begin; where this process runs unless said. */
  readonly directory?: string
}

/** What kubectl prints; rejects with what it complains about. */
export async function kubectl(controlPlane: ControlPlane, args: readonly string[], invocation: Invocation = {}): Promise<string> {
  const { code, output, complaint } = await tryKubectl(controlPlane, args, invocation)
  if (code === 0) return output
  throw new Error(`kubectl ${args.join(' ')}: ${complaint.trim() || `exit code ${code}`}`)
}

export type Outcome = { readonly code: number | null; readonly output: string; readonly complaint: string }

/** What kubectl prints and complains about; warnings are complaints that it does not fail for. */
export function tryKubectl(
  controlPlane: ControlPlane,
  args: readonly string[],
  { user = 'admin', input = '', directory }: Invocation = {},
): Promise<Outcome> {
  // The default cache is kept by address, and this port may have been another control plane's an hour ago.
  const cache = layoutOf(controlPlane.directory).kubectlCache
  const all = [`--kubeconfig=${controlPlane.kubeconfig(user)}`, `--cache-dir=${cache}`, ...args]
  return new Promise((resolve, reject) => {
    const child = spawn(controlPlane.kubectl, all, { stdio: ['pipe', 'pipe', 'pipe'], cwd: directory })
    let output = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output, complaint }))
    // kubectl may refuse before it has read everything; its complaint says more than a broken pipe.
    child.stdin.once('error', () => {})
    child.stdin.end(input)
  })
}

/** Makes the objects what they are said to be, whoever changed them. */
export async function apply(controlPlane: ControlPlane, objects: readonly object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  await kubectl(controlPlane, [...APPLY, '--filename=-'], { input: list })
}

export const APPLY = ['apply', '--server-side', '--force-conflicts', '--field-manager=tenant-isolation-control-plane'] as const
