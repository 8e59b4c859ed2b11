/** control-plane/readiness.ts — when a control plane is ready to be used, which is later than when it answers. */
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

import { type Server, ServerEnded } from './processes.ts'

type Wait = {
  /** Ends the sentence "... did not happen within 60 s". */
  readonly what: string
  /** Those without which there is nothing to wait for. */
  readonly servers: readonly Server[]
  readonly timeout?: number
  readonly interval?: number
}

/** Until `probe` returns something; a probe that throws is a "not yet" whose reason is told in the end. */
export async function until<T>({ what, servers, timeout = 60_000, interval = 25 }: Wait, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeout
  for (let reason = ''; ; await sleep(interval)) {
    try {
      const answer = await probe()
      if (answer !== undefined) return answer
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
    }
    for (const server of servers) if (server.ended() !== undefined) throw new ServerEnded(server)
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${timeout / 1000} s${reason && `: ${reason}`}`)
  }
}

/** That it answers is not enough: another control plane that starts at this moment may have got the same port. */
export async function etcdAnswers(port: number, name: string): Promise<true | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}/v3/cluster/member/list`, { method: 'POST', body: '{"linearizable": true}' })
  const { members } = (await response.json()) as { members?: readonly { name?: string }[] }
  return members?.some((member) => member.name === name) ? true : undefined
}

export type Client = { readonly url: string; readonly certificateAuthority: string; readonly token: string }
type Answer = { readonly status: number; readonly body: string }

/** One verified request over a connection of its own, for a control plane that may be gone the next time. */
export function get({ url, certificateAuthority, token }: Client, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { ca: certificateAuthority, headers: { authorization: `Bearer ${token}` }, agent: false, timeout: 5_000 } as const
    const outgoing = request(new URL(path, url), options, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error(`GET ${path} was not answered within 5 s`)))
    outgoing.once('error', reject)
    outgoing.end()
  })
}

export async function isReady(client: Client): Promise<true | undefined> {
  const { status } = await get(client, '/readyz')
  return status === 200 ? true : undefined
}

export async function readObject<T>(client: Client, path: string): Promise<T> {
  const { status, body } = await get(client, path)
  if (status !== 200) throw new Error(`GET ${path} was answered with ${status}`)
  return JSON.parse(body) as T
}

/** `view`, `edit` and `admin` are empty until kube-controller-manager has added up their parts. */
async function isAggregated(client: Client): Promise<true | undefined> {
  const roles = ['view', 'edit', 'admin'].map((name) =>
    readObject<{ rules?: readonly unknown[] | null }>(client, `/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`),
  )
  return (await Promise.all(roles)).every(({ rules }) => rules?.length) ? true : undefined
}

/** What a test uses first: a pod needs a service account, and a person of a tenant a role that allows something. */
export async function isPopulated(client: Client): Promise<true | undefined> {
  await readObject(client, '/api/v1/namespaces/default/serviceaccounts/default')
  await readObject(client, '/api/v1/namespaces/default/configmaps/kube-root-ca.crt')
  return isAggregated(client)
}
