/** support/guarded-people.ts — who tries the guards: with a token of his own, or in whose name the administrator asks. */

import type { KubeConfig } from '@kubernetes/client-node'
import { type Client, createClient } from '../../src/kube/client.ts'
import { errorFromResponse } from '../../src/kube/errors.ts'
import { queryOf } from '../../src/kube/paths.ts'
import { createTransport, type KubeRequest, type Transport } from '../../src/kube/transport.ts'
import type { People, Person as Somebody } from './people.ts'

/** The user agent of all people here, the operator's account included. */
export const GUARDS_TEST = 'guards-test'

export type Person = { readonly client: Client; readonly transport: Transport }

/** Is told of each request before it is made. */
export type Before = (request: KubeRequest) => Promise<void>

export function personWith(kubeConfig: KubeConfig, before?: Before): Person {
  const transport = createTransport({ kubeConfig, userAgent: GUARDS_TEST })
  return personOf(transport, before)
}

export function impersonating(people: People, who: Somebody, before?: Before): Person {
  const transport: Transport = {
    request: async ({ method, path, query, body, contentType }) => {
      const answer = await people.as(who, { method, path: path + queryOf(query), body, ...(contentType !== undefined && { contentType }) })
      if (answer.code >= 300)
        throw errorFromResponse({ code: answer.code, body: JSON.stringify(answer.body), request: `${method} ${path}` })
      return answer.body
    },
    open: () => Promise.reject(new Error('nobody watches in the name of somebody else')),
    close: () => Promise.resolve(),
  }
  return personOf(transport, before)
}

function personOf(transport: Transport, before?: Before): Person {
  const told: Transport = {
    request: async (request) => {
      await before?.(request)
      return await transport.request(request)
    },
    open: (request) => transport.open(request),
    close: () => transport.close(),
  }
  return { transport: told, client: createClient(told, { fieldManager: GUARDS_TEST }) }
}
