/** bench/observer.ts — the one clock of the benchmark: its own watch on NetworkPolicies. A thing has happened when its event arrives here. */

import type { Api } from './api.ts'

export type Policy = {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly object[]
  }
  readonly spec: object
}

export type Seen = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly policy: Policy; readonly at: number }

type Waiter = { readonly sees: (seen: Seen) => boolean; readonly resolve: (seen: Seen) => void; readonly reject: (error: Error) => void }

/** Longer than the watch is needed. */
const WATCH_SECONDS = 4 * 3600

export class Observer {
  /** By `namespace/name`. */
  readonly policies = new Map<string, Policy>()
  /** How often the API server ended the watch, as it does when both cores are busy and it cannot get rid of events. What follows comes late. */
  interruptions = 0
  readonly #api: Api
  readonly #waiters = new Set<Waiter>()
  #resourceVersion = ''
  #failed: Error | undefined

  constructor(api: Api) {
    this.#api = api
  }

  static async start(api: Api): Promise<Observer> {
    const observer = new Observer(api)
    await observer.#watch()
    return observer
  }

  in(namespace: string): Policy[] {
    return [...this.policies.values()].filter(({ metadata }) => metadata.namespace === namespace)
  }

  /** The first event from now on that `sees` says yes to. `what` ends the sentence "... was not seen within 60 s". */
  async first(what: string, sees: (seen: Seen) => boolean, timeoutMs = 60_000): Promise<Seen> {
    if (this.#failed) throw this.#failed
    const { promise, resolve, reject } = Promise.withResolvers<Seen>()
    const waiter = { sees, resolve, reject }
    this.#waiters.add(waiter)
    const timer = setTimeout(() => reject(new Error(`${what} was not seen within ${timeoutMs / 1000} s`)), timeoutMs)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiters.delete(waiter)
    }
  }

  async #watch(): Promise<void> {
    const from = this.#resourceVersion === '' ? '' : `&resourceVersion=${this.#resourceVersion}`
    await this.#api.watch<Policy>(
      `/apis/networking.k8s.io/v1/networkpolicies?watch=true&timeoutSeconds=${WATCH_SECONDS}${from}`,
      ({ type, object }, at) => {
        if (type === 'ERROR') this.#fail(new Error(`the observer's watch failed: ${JSON.stringify(object)}`))
        else if (type !== 'BOOKMARK') this.#see({ type, policy: object, at })
      },
      () => {
        this.interruptions++
        this.#watch().catch((error) => this.#fail(error))
      },
    )
  }

  #see(seen: Seen): void {
    const { namespace, name, resourceVersion } = seen.policy.metadata
    this.#resourceVersion = resourceVersion
    if (seen.type === 'DELETED') this.policies.delete(`${namespace}/${name}`)
    else this.policies.set(`${namespace}/${name}`, seen.policy)
    for (const waiter of this.#waiters) if (waiter.sees(seen)) waiter.resolve(seen)
  }

  #fail(error: Error): void {
    this.#failed = error
    for (const { reject } of this.#waiters) reject(error)
  }
}

/** The API server writes a spec always in the same order of fields. */
export function sameSpec(a: Policy, b: Policy): boolean {
  return JSON.stringify(a.spec) === JSON.stringify(b.spec)
}
