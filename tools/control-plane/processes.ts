/** control-plane/processes.ts — starting a server in the background, and ending it. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { isPortTaken } from './free-port.ts'
import { disown, own, signalGroup, tied } from './owned-processes.ts'

export type Server = {
  readonly name: string
  readonly pid: number
  readonly log: string
  /** How it ended, once it has: "exit code 1". */
  readonly ended: () => string | undefined
}

type Start = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly log: string
  /** It may outlive this process. */
  readonly detached: boolean
}

/** In a process group of its own: Ctrl-C in a terminal reaches its owner only, which ends its servers in order. */
export function startServer({ name, command, args, log, detached }: Start): Server {
  const [file, ...rest] = detached ? [command, ...args] : tied('SIGKILL', command, args)
  const output = openSync(log, 'a', 0o600)
  try {
    const child = spawn(file, rest, { detached: true, stdio: ['ignore', output, output] })
    let ended: string | undefined
    child.once('error', (error) => {
      ended = error.message
    })
    const { pid } = child
    if (pid === undefined) throw new Error(`${name} cannot be started: ${command}`)
    // Also while a detached one starts up: an interrupted start leaves nothing.
    own(pid, 'SIGKILL')
    child.once('exit', (code, signal) => {
      ended = signal ?? `exit code ${code}`
      disown(pid)
    })
    child.unref()
    return { name, pid, log, ended: () => ended }
  } finally {
    closeSync(output)
  }
}

/** The server ended while it was needed. */
export class ServerEnded extends Error {
  readonly portTaken: boolean

  constructor({ name, log, ended }: Server) {
    const text = existsSync(log) ? readFileSync(log, 'utf8').trimEnd() : ''
    super(`${name} ended during start-up (${ended()}); the end of ${log}:\n  ${lastLines(text, 15).join('\n  ')}`)
    this.portTaken = isPortTaken(text)
  }
}

function lastLines(text: string, count: number): readonly string[] {
  return text.split('\n').slice(-count)
}

/** A process that may have been started by another program; `marker` is part of its command line. */
export type Recorded = { readonly pid: number; readonly marker: string }

/** A pid is given to somebody else sooner or later, so its command line has to be the one that we know. */
export function isRunning({ pid, marker }: Recorded): boolean {
  return commandLine(pid).includes(marker)
}

/** Empty if there is no such process, or if it has ended and nobody has asked how. */
function commandLine(pid: number): string {
  if (!existsSync('/proc/self/cmdline')) return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/**
 * Ends them in the order given, each when the one before is gone: a server whose storage goes first waits for it.
 * Asks, and after `grace` milliseconds does not ask any more.
 */
export async function endProcesses(processes: readonly Recorded[], grace = 5_000): Promise<void> {
  for (const process of processes) await endProcess(process, grace)
}

async function endProcess(process: Recorded, grace: number): Promise<void> {
  const deadline = Date.now() + grace
  if (isRunning(process)) signalGroup(process.pid, 'SIGTERM')
  while (isRunning(process)) {
    if (Date.now() > deadline) signalGroup(process.pid, 'SIGKILL')
    await sleep(10)
  }
  disown(process.pid)
}
