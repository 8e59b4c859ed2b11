/** bench/api.ts — bare requests to the API server, so that what is measured is compared with nothing of ours. */

import { readFileSync } from 'node:fs'
import { Pool } from 'undici'
import { parse } from 'yaml'
import { createLineSplitter } from '../../src/kube/lines.ts'

export type WatchEvent<T> = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; readonly object: T }

export type Api = {
  /** The parsed answer; throws unless it is one of success. `type` is the content type of the body. */
  request<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object, type?: string): Promise<T>
  /** A POST of JSON, whatever the answer: its status, and what it says when it is a refusal. */
  attempt(path: string, body: string): Promise<{ readonly status: number; readonly message: string }>
  /** A GET whose answer is not JSON. */
  text(path: string): Promise<string>
  /**
   * Resolves when the watch is open. `at` is when the bytes arrived, in milliseconds of `performance.now()`. `onEnd` is called when the
   * watch ends before `close`.
   */
  watch<T>(path: string, onEvent: (event: WatchEvent<T>, at: number) => void, onEnd: () => void): Promise<void>
  close(): Promise<void>
}

type Kubeconfig = {
  readonly clusters: readonly { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } }[]
  readonly users: readonly { readonly user: { readonly token: string } }[]
}

export const MERGE_PATCH = 'application/merge-patch+json'

/** With a kubeconfig of the embedded control plane: one cluster, one token. */
export function connect(kubeconfig: string, connections = 1): Api {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
  const [{ cluster } = { cluster: undefined }] = clusters
  if (!cluster) throw new Error(`${kubeconfig} names no cluster`)
  const options = {
    connect: { ca: Buffer.from(cluster['certificate-authority-data'], 'base64').toString() },
    allowH2: false,
    bodyTimeout: 0,
  }
  const requests = new Pool(cluster.server, { ...options, connections })
  const watches = new Pool(cluster.server, options)
  const headers = { authorization: `Bearer ${users[0]?.user.token ?? ''}`, accept: 'application/json' }
  let closed = false

  return {
    async request<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object, type = 'application/json') {
      const json = body === undefined ? null : JSON.stringify(body)
      const { statusCode, body: answer } = await requests.request({
        method,
        path,
        body: json,
        headers: { ...headers, 'content-type': type },
      })
      const text = await answer.text()
      if (statusCode >= 300) throw new Error(`${method} ${path} was answered with ${statusCode}: ${text}`)
      return JSON.parse(text) as T
    },

    async attempt(path, json) {
      const { statusCode: status, body } = await requests.request({
        method: 'POST',
        path,
        body: json,
        headers: { ...headers, 'content-type': 'application/json' },
      })
      const text = await body.text()
      return { status, message: status < 300 ? '' : (JSON.parse(text) as { readonly message: string }).message }
    },

    async text(path) {
      const { statusCode, body } = await requests.request({ method: 'GET', path, headers: { ...headers, accept: '*/*' } })
      const text = await body.text()
      if (statusCode !== 200) throw new Error(`GET ${path} was answered with ${statusCode}: ${text}`)
      return text
    },

    async watch<T>(path: string, onEvent: (event: WatchEvent<T>, at: number) => void, onEnd: () => void) {
      const { statusCode, body } = await watches.request({ method: 'GET', path, headers, headersTimeout: 30_000 })
      if (statusCode !== 200) throw new Error(`GET ${path} was answered with ${statusCode}: ${await body.text()}`)
      const splitter = createLineSplitter()
      let ended = false
      const end = () => {
        if (!closed && !ended) onEnd()
        ended = true
      }
      body.on('data', (chunk: Buffer) => {
        const at = performance.now()
        for (const line of splitter.push(chunk)) onEvent(JSON.parse(line) as WatchEvent<T>, at)
      })
      body.on('error', end)
      body.once('end', end)
    },

    async close() {
      closed = true
      await Promise.all([requests.destroy(), watches.destroy()])
    },
  }
}
