/** kube/leading-only.ts — a client that only writes while this process leads. */

import type { Client } from './client.ts'

/** Leadership was lost between the decision to write and the write. Nothing was sent; whoever leads now decides anew. */
export class NotLeadingError extends Error {
  override readonly name = 'NotLeadingError'
  constructor() {
    super('another replica leads now; nothing was written')
  }
}

/** Reads pass; a write is refused here as soon as leadership is in doubt, before it reaches the network. */
export function leadingOnly(client: Client, isLeader: () => boolean): Client {
  const whileLeading =
    <Arguments extends unknown[], Result>(write: (...args: Arguments) => Promise<Result>) =>
    async (...args: Arguments): Promise<Result> => {
      if (!isLeader()) throw new NotLeadingError()
      return await write(...args)
    }
  return {
    get: client.get,
    list: client.list,
    create: whileLeading(client.create) as Client['create'],
    update: whileLeading(client.update) as Client['update'],
    updateStatus: whileLeading(client.updateStatus) as Client['updateStatus'],
    patch: whileLeading(client.patch) as Client['patch'],
    delete: whileLeading(client.delete),
  }
}
