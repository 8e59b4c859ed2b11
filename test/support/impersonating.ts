/** support/impersonating.ts — a client in the name of anybody: the administrator impersonates them. */

import { createClient } from '../../src/kube/client.ts'
import { errorFromResponse } from '../../src/kube/errors.ts'
import { queryOf } from '../../src/kube/paths.ts'
import type { Transport } from '../../src/kube/transport.ts'
import type { Person } from './guards.ts'
import type { People, Person as Somebody } from './people.ts'

export function impersonating(people: People, who: Somebody): Person {
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
  return { transport, client: createClient(transport, { fieldManager: 'impersonating' }) }
}
