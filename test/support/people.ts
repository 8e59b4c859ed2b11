/** support/people.ts — requests in the name of anybody: the administrator impersonates them, or whoever may. Answers with warnings, and refusals as values. */

import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import type { User } from '../../tools/control-plane/credentials.ts'
import { sharedControlPlane } from './cluster.ts'
import { kubeConfigOf } from './kube-setup.ts'

export type Person = { readonly user: string; readonly groups?: readonly string[] }

export type Answer = {
  readonly code: number
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API server sends
  readonly body: any
  readonly warnings: readonly string[]
}

export type Call = { readonly method?: string; readonly path: string; readonly body?: unknown; readonly contentType?: string }

export const ADMIN: Person = { user: 'admin', groups: ['system:masters'] }

/** Somebody who has logged in. */
export function person(user: string, ...groups: readonly string[]): Person {
  return { user, groups: ['system:authenticated', ...groups] }
}

/** A service account, as the API server sees it when it comes with its token. */
export function account(namespace: string, name: string): Person {
  return person(`system:serviceaccount:${namespace}:${name}`, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`)
}

export type People = { readonly as: (who: Person, call: Call) => Promise<Answer>; readonly close: () => Promise<void> }

export async function openPeople(connections = 8, by: User = 'admin'): Promise<People> {
  const { url, caFile } = await sharedControlPlane()
  const token = (await kubeConfigOf(by)).getCurrentUser()?.token
  // Over HTTP/2, undici makes one header of several of the same name: whoever is in two groups would be in none of them.
  const agent = new Agent({ connections, allowH2: false, connect: { ca: readFileSync(caFile) } })
  return {
    close: () => agent.close(),
    as: async ({ user, groups = [] }, { method = 'POST', path, body, contentType = 'application/json' }) => {
      const response = await request(url + path, {
        dispatcher: agent,
        method: method as 'POST',
        headers: [
          ...['authorization', `Bearer ${token}`, 'content-type', contentType, 'impersonate-user', header(user)],
          ...groups.flatMap((group) => ['impersonate-group', header(group)]),
        ],
        body: body === undefined ? null : JSON.stringify(body),
      })
      const warnings = [response.headers.warning ?? []].flat().map(warningText)
      return { code: response.statusCode, body: await response.body.json(), warnings }
    },
  }
}

/** The API server reads UTF-8; headers are written byte by byte. */
function header(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** 299 - "the text" */
function warningText(header: string): string {
  return header
    .replace(/^\d+ \S+ "(.*)"$/s, '$1')
    .replaceAll('\\"', '"')
    .replaceAll('\\\\', '\\')
}
