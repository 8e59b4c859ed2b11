/** bench/operator-process.ts — the operator as it is shipped: the bundle in a process of its own, in a folder where there is nothing else. */

import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../tools/bundle.ts'
import { freePorts } from '../../tools/control-plane/free-port.ts'
import { OPERATOR_NAMESPACE } from '../../tools/control-plane/install.ts'
import { disown, own, tied } from '../../tools/control-plane/owned-processes.ts'

export type OperatorProcess = {
  readonly pid: number
  /** Just before the process was started, in milliseconds of `performance.now()`. */
  readonly startedAt: number
  readonly log: string
  readonly url: string
  /** Rejects when the process ends without having been told to. */
  readonly failed: Promise<never>
  /** Ends it as Kubernetes would, and waits until it has ended. */
  stop(): Promise<void>
}

export type OperatorStart = {
  readonly bundle: string
  readonly kubeconfig: string
  /** For its log and its empty folder. */
  readonly directory: string
  /** For node itself, such as --cpu-prof. */
  readonly nodeOptions?: readonly string[]
}

export async function startOperator({ bundle, kubeconfig, directory, nodeOptions = [] }: OperatorStart): Promise<OperatorProcess> {
  const [port] = await freePorts(1)
  const cwd = mkdtempSync(join(directory, 'operator-'))
  const log = join(cwd, 'operator.log')
  const options = {
    kubeconfig,
    namespace: OPERATOR_NAMESPACE,
    'lease-name': 'tenant-isolation',
    identity: 'bench',
    listen: `127.0.0.1:${port}`,
    'log-format': 'json',
    'log-level': 'info',
  }
  const args = [...NODE_FLAGS, ...nodeOptions, bundle, 'run', ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)]
  const [command, ...rest] = tied('SIGKILL', process.execPath, args)
  const output = openSync(log, 'a')
  const startedAt = performance.now()
  // No KUBECONFIG and no ~/.kube/config: nothing but what the command line says.
  const child = spawn(command, rest, {
    cwd,
    env: { ...NODE_ENVIRONMENT, PATH: process.env.PATH, HOME: cwd },
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const { pid } = child
  if (pid === undefined) throw new Error(`the operator cannot be started: ${command}`)
  own(pid, 'SIGKILL')
  let stopping = false
  const failed = Promise.withResolvers<never>()
  // Whoever waits for something else hears of it; nobody has to.
  failed.promise.catch(() => {})
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      disown(pid)
      if (!stopping) failed.reject(new Error(`the operator ended (${signal ?? `exit code ${code}`}); the end of ${log}:\n${tail(log)}`))
      resolve()
    })
  })
  return {
    pid,
    startedAt,
    log,
    url: `http://127.0.0.1:${port}`,
    failed: failed.promise,
    async stop() {
      stopping = true
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Resolves with the time, in milliseconds of `performance.now()`, at which `url` was first answered with 200 and a body that will do. */
export async function firstAnswer(
  { log, failed }: OperatorProcess,
  url: string,
  { intervalMs, accept = () => true }: { readonly intervalMs: number; readonly accept?: (body: string) => boolean },
): Promise<number> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const body = await Promise.race([read(url).catch(() => undefined), failed])
    if (body !== undefined && accept(body)) return performance.now()
    if (performance.now() > deadline) throw new Error(`${url} was not as it should be; the end of ${log}:\n${tail(log)}`)
    await sleep(intervalMs)
  }
}

function read(url: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(url, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.once('error', reject)
      response.once('end', () => resolve(response.statusCode === 200 ? body : undefined))
    })
    request.once('error', reject)
  })
}

function tail(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
}
