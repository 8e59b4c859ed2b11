/**
 * control-plane/owned-processes.ts — process groups that must not outlive this process.
 *
 * A control plane that a crashed test left behind holds 400 MB and two ports, and nobody looks for it.
 */
import { spawnSync } from 'node:child_process'

const owned = new Map<number, NodeJS.Signals>()
const FATAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** From here on the process group `pid` gets `signal` when this process ends, however it ends, SIGKILL excepted (see `tied`). */
export function own(pid: number, signal: NodeJS.Signals): void {
  if (owned.size === 0) listen()
  owned.set(pid, signal)
}

/** The group has ended, or is meant to live on. */
export function disown(pid: number): void {
  owned.delete(pid)
  if (owned.size === 0) unlisten()
}

function listen(): void {
  process.on('exit', endAll)
  for (const signal of FATAL) process.on(signal, onFatalSignal)
}

function unlisten(): void {
  process.off('exit', endAll)
  for (const signal of FATAL) process.off(signal, onFatalSignal)
}

/** Whoever else listens to the signal decides whether this process ends; if it does, 'exit' follows. */
function onFatalSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return
  endAll()
  process.kill(process.pid, signal)
}

/** Synchronous, because nothing asynchronous runs in an 'exit' handler. */
export function endAll(): void {
  for (const [pid, signal] of owned) signalGroup(pid, signal)
  owned.clear()
  unlisten()
}

/** False if the group has no process any more. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

let tieable: boolean | undefined

/**
 * The command line that makes the kernel send `signal` to `command` when this process dies, for SIGKILL runs no handler
 * of ours. Unchanged where util-linux's setpriv is missing (macOS, busybox).
 */
export function tied(signal: NodeJS.Signals, command: string, args: readonly string[]): readonly [string, ...string[]] {
  tieable ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0
  return tieable ? ['setpriv', '--pdeathsig', signal.slice('SIG'.length), '--', command, ...args] : [command, ...args]
}
