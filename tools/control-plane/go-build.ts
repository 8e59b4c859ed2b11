/** control-plane/go-build.ts — compiles one binary with Go and says how far it is. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import type { BinaryName, GoModule } from './go-module.ts'
import { hasCode } from './lock.ts'
import { disown, own, tied } from './owned-processes.ts'
import { elapsed, type Report } from './report.ts'

type Run = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly lastLines: readonly string[]
}

/** What env, setpriv and shells exit with when there is no such command. */
const NOT_FOUND = 127

const ENVIRONMENT = {
  ...process.env,
  CGO_ENABLED: '0',
  GOWORK: 'off',
  // The binaries are run here, whatever else this shell is set up to cross-compile for.
  GOOS: undefined,
  GOARCH: undefined,
}

/** Throws one sentence that says what to do if there is no Go here that could build the module. */
export async function requireGo({ title, directory, go }: GoModule): Promise<void> {
  const remedy = `install Go ${go} or newer, or set KUBEBUILDER_ASSETS to a folder with these binaries`
  const what = `${title} has to be compiled once`
  const run = await runGo(directory, ['env', 'GOVERSION'])
  const found = run.stdout.trim()
  if (run.code === NOT_FOUND) throw new Error(`${what}, and there is no go on the PATH: ${remedy}`)
  if (run.code !== 0) throw new Error(`${what}, and "go env" failed (${run.lastLines.join(' ')}): ${remedy}`)
  if (!isAtLeast(found, go)) throw new Error(`${what}, and ${found} is too old for it: ${remedy}`)
}

/** Whether `found`, as in `go1.26.8`, is at least `wanted`, as in `1.26`. */
export function isAtLeast(found: string, wanted: string): boolean {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(found)?.slice(1) ?? []).map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

type Job = {
  readonly name: BinaryName
  readonly output: string
  /** Where go keeps its temporary files; the caller removes it. */
  readonly workDirectory: string
  readonly module: GoModule
  /** "2 of 4". */
  readonly position: string
  readonly report: Report
}

export async function buildBinary({ name, output, workDirectory, module, position, report }: Job): Promise<void> {
  const started = Date.now()
  let doing = 'looking at what is to be compiled'
  const tell = () => report.update(`building ${name} ${module.version} (${position}): ${doing}, ${elapsed(Date.now() - started)}`)
  const ticker = setInterval(tell, 1_000)
  try {
    const downloads = (line: string) => {
      if (line.startsWith('go: downloading ')) doing = `downloading ${line.slice('go: downloading '.length)}`
    }
    const total = await countStale(name, module, downloads)
    let done = 0
    doing = total > 1 ? `0 of ${total} packages compiled` : 'linking'
    const build = ['build', '-v', ...module.buildFlags, '-o', output, packageOf(name, module)]
    const onLine = (line: string) => {
      if (line.startsWith('go: ')) return downloads(line)
      done += 1
      doing = done < total ? `${done} of ${total} packages compiled` : 'linking'
    }
    const run = await runGo(module.directory, build, { onLine, environment: { GOTMPDIR: workDirectory } })
    if (run.code !== 0) throw new Error(failure(name, run))
  } finally {
    clearInterval(ticker)
  }
  report.say(`built ${name} ${module.version} (${position}) in ${elapsed(Date.now() - started)}`)
}

/** Only what is not in Go's own cache: after a build that was interrupted, that is much less than all packages. */
async function countStale(name: BinaryName, module: GoModule, onLine: (line: string) => void): Promise<number> {
  const { directory, buildFlags } = module
  const list = ['list', '-deps', '-f', '{{if .Stale}}{{.ImportPath}}{{end}}', ...buildFlags, packageOf(name, module)]
  const run = await runGo(directory, list, { onLine })
  if (run.code !== 0) throw new Error(failure(name, run))
  return run.stdout.split('\n').filter((line) => line !== '').length
}

function packageOf(name: BinaryName, module: GoModule): string {
  const found = module.packages[name]
  if (found === undefined) throw new Error(`${name} is not built from ${module.directory}`)
  return found
}

function failure(name: BinaryName, run: Run): string {
  return `go could not build ${name} (${run.signal ?? `exit code ${run.code}`}):\n  ${run.lastLines.join('\n  ')}`
}

type Options = { readonly onLine?: (line: string) => void; readonly environment?: Readonly<Record<string, string>> }

function runGo(directory: string, args: readonly string[], { onLine, environment }: Options = {}): Promise<Run> {
  const [command, ...rest] = tied('SIGINT', 'go', args)
  return new Promise((resolve, reject) => {
    // A process group of its own: compilers that go started end with it.
    const env = { ...ENVIRONMENT, ...environment }
    const child = spawn(command, rest, { cwd: directory, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const { pid } = child
    if (pid !== undefined) own(pid, 'SIGINT')
    let stdout = ''
    const lastLines: string[] = []
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    createInterface({ input: child.stderr }).on('line', (line) => {
      lastLines.push(line)
      if (lastLines.length > 12) lastLines.shift()
      onLine?.(line)
    })
    child.once('error', (error) => {
      if (hasCode(error, 'ENOENT')) resolve({ code: NOT_FOUND, signal: null, stdout, lastLines })
      else reject(error)
    })
    child.once('close', (code, signal) => {
      if (pid !== undefined) disown(pid)
      resolve({ code, signal, stdout, lastLines })
    })
  })
}
