/** control-plane/lock.ts — one at a time, over processes: a lock file with the holder's pid. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Report } from './report.ts'

const HEARTBEAT = 2_000
/** A pid may belong to somebody else by now, or to another container that shares the folder: the heartbeat decides. */
const STALE_AFTER = 30_000

/**
 * Runs `work` while holding the lock `file`.
 *
 * Two runs that take over the same stale lock in the same millisecond may both get it. Callers bear that: what they
 * make appears by an atomic rename.
 */
export async function withLock<T>(
  file: string,
  { purpose, report }: { purpose: string; report: Report },
  work: () => Promise<T>,
): Promise<T> {
  await acquire(file, (holder) => report.say(`waiting for ${purpose} by process ${holder}, which holds ${file}`))
  const heartbeat = setInterval(() => touch(file), HEARTBEAT)
  heartbeat.unref()
  const release = () => releaseOwn(file)
  process.once('exit', release)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    process.off('exit', release)
    release()
  }
}

async function acquire(file: string, tell: (holder: number) => void): Promise<void> {
  let told = false
  while (!tryLink(file)) {
    const holder = holderOf(file)
    if (holder === undefined) {
      removeStale(file)
      continue
    }
    if (!told) tell(holder)
    told = true
    await sleep(100)
  }
}

/** A lock never exists without its content: it is written elsewhere and linked into place. */
function tryLink(file: string): boolean {
  const mine = `${file}.${process.pid}`
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(mine, `${process.pid}\n`)
  try {
    linkSync(mine, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Undefined if nobody holds the lock who still lives. */
function holderOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    return isAlive(pid) && Date.now() - statSync(file).mtimeMs < STALE_AFTER ? pid : undefined
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Renames before it removes, so that of two runs only one removes this lock and none removes the next one. */
function removeStale(file: string): void {
  const stale = `${file}.stale.${process.pid}`
  try {
    renameSync(file, stale)
    rmSync(stale, { force: true })
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}

/** The folder may have been moved away meanwhile, and the lock be another run's by now. */
function releaseOwn(file: string): void {
  if (holderOf(file) === process.pid) rmSync(file, { force: true })
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date())
  } catch {
    // The folder was removed under us; whoever did that wanted it gone.
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
