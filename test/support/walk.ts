/**
 * support/walk.ts — the operator between two states, one write at a time: its own picture of the cluster and its own planning, over policies
 * that are kept in memory. Whoever walks decides which of the writes under way lands next, and may let the operator die in between.
 */

import { setImmediate } from 'node:timers/promises'
import { DEFAULT_CONFIGURATION } from '../../src/api/configuration.ts'
import type { Labels } from '../../src/api/selectors.ts'
import type { TenantIsolation } from '../../src/api/tenant-isolation.ts'
import { keyOf } from '../../src/kube/objects.ts'
import { parseKey } from '../../src/reconcile/keys.ts'
import { type NamespaceReconciler, reconcileNamespace } from '../../src/reconcile/namespace.ts'
import type { NetworkPolicy } from '../../src/reconcile/policy-entry.ts'
import { World } from '../../src/reconcile/world.ts'

/** What people have asked for: resources, as they are stored, and namespaces with their labels. */
export type Asked = {
  readonly resources: readonly TenantIsolation[]
  readonly namespaces: Readonly<Record<string, Labels>>
}

export type Written = { readonly namespace: string; readonly text: string }

type Pending = Written & { readonly land: () => void }

/** Long before any time that a test speaks of: no namespace is newborn, and no deletion is recent. */
const LONG_AGO = '2024-01-01T00:00:00Z'

/** More writes than any way takes. */
const MANY = 1_000

const DNS = { namespace: 'kube-system', name: 'kube-dns' }
const DNS_SERVICE = {
  metadata: DNS,
  spec: {
    selector: { app: 'a' },
    clusterIP: '10.96.0.10',
    clusterIPs: ['10.96.0.10'],
    ports: [{ name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 }],
  },
}

export class Walk {
  readonly #policies = new Map<string, NetworkPolicy>()
  readonly #hasPods: (namespace: string) => boolean
  #versions = 0
  #life: Life

  /** The operator is started with these policies there. `hasPods` is what it finds when it looks for pods. */
  constructor(asked: Asked, hasPods: (namespace: string) => boolean, policies: readonly NetworkPolicy[] = []) {
    this.#hasPods = hasPods
    // Versions go on from those that are there.
    for (const policy of policies) this.#policies.set(keyOf(policy), policy)
    this.#versions = Math.max(0, ...policies.map(({ metadata }) => Number(metadata.resourceVersion)))
    this.#life = this.#start(asked)
  }

  /** Every policy that is there. */
  policies(): readonly NetworkPolicy[] {
    return [...this.#policies.values()]
  }

  /** The operator is ended with whatever it was about to write, and another begins with what is there. */
  restart(asked: Asked): void {
    this.#life = this.#start(asked)
  }

  /** The operator that runs is told, while its writes go on. */
  tell(asked: Asked): void {
    tell(this.#life.world, asked, ++this.#versions)
  }

  /** One of the writes that are under way lands; undefined when there is none and nothing left to do. */
  async next(choice: number): Promise<Written | undefined> {
    const { pending } = this.#life
    await settle(this.#life)
    if (this.#versions > MANY) throw new Error('the operator does not come to rest')
    const [write] = pending.splice(pending.length === 0 ? 0 : choice % pending.length, 1)
    write?.land()
    return write
  }

  /** All of them. */
  async finish(): Promise<void> {
    while (await this.next(0));
  }

  #start(asked: Asked): Life {
    const due = new Set<string>()
    const now = { monotonic: () => 0, wall: () => Date.parse('2026-01-01T00:00:00Z') }
    const enqueue = (key: Parameters<typeof parseKey>[0]): void => {
      const { kind, name } = parseKey(key)
      if (kind === 'namespace') due.add(name)
    }
    const world = new World({ configuration: DEFAULT_CONFIGURATION, ownNamespace: 'operators-own', now, enqueue })
    world.services.setService(DNS, DNS_SERVICE)
    world.refreshFacts()
    tell(world, asked, ++this.#versions)
    for (const policy of this.#policies.values()) world.policies.written(policy)
    world.enqueueEverything()
    const pending: Pending[] = []
    const context = { world, now, writer: this.#writer(pending), onRepair() {}, onIsolated() {} }
    return { world, due, pending, busy: new Set(), context }
  }

  #writer(pending: Pending[]): NamespaceReconciler['writer'] {
    /** The write waits until it is its turn to land. */
    const landing = <T>(action: string, namespace: string, name: string, land: () => T): Promise<T> => {
      const landed = Promise.withResolvers<T>()
      pending.push({ namespace, text: `${action} ${namespace}/${name}`, land: () => landed.resolve(land()) })
      return landed.promise
    }
    const store = (action: string, object: { readonly metadata: NetworkPolicy['metadata'] }): Promise<never> =>
      landing(action, object.metadata.namespace ?? '', object.metadata.name, () => {
        const known = this.#policies.get(keyOf(object))
        if ((action === 'create') === (known !== undefined)) throw new Error(`cannot ${action} ${keyOf(object)}`)
        const version = String(++this.#versions)
        const stored = {
          ...object,
          metadata: { ...object.metadata, uid: known?.metadata.uid ?? `uid-${version}`, resourceVersion: version },
        }
        this.#policies.set(keyOf(object), stored as NetworkPolicy)
        return stored as never
      })
    return {
      create: (_resource, object) => store('create', object as unknown as NetworkPolicy),
      update: (_resource, object) => store('update', object as unknown as NetworkPolicy),
      delete: (_resource, { namespace = '', name }) =>
        landing('delete', namespace, name, () => {
          this.#policies.delete(`${namespace}/${name}`)
          return 'gone' as const
        }),
      get: (_resource, { name }) => Promise.reject(new Error(`nobody else has taken ${name}`)),
      list: (_resource, { namespace }) => Promise.resolve({ items: this.#hasPods(namespace) ? [{} as never] : [] }),
    }
  }
}

/** One process of the operator. */
type Life = {
  readonly world: World
  readonly context: NamespaceReconciler
  readonly pending: Pending[]
  /** Namespaces that are to be looked at, and those that are being looked at: never one twice at a time. */
  readonly due: Set<string>
  readonly busy: Set<string>
}

function tell(world: World, { resources, namespaces }: Asked, version: number): void {
  const resourceVersion = String(version)
  for (const [name, labels] of Object.entries(namespaces)) {
    const metadata = { name, labels, uid: name, resourceVersion, creationTimestamp: LONG_AGO }
    world.namespaces.written({ apiVersion: 'v1', kind: 'Namespace', metadata })
  }
  for (const { metadata, ...resource } of resources)
    world.resources.written({ ...resource, metadata: { ...metadata, resourceVersion } } as never)
}

/** Until every namespace that is due waits for a write to land, or is done. */
async function settle({ due, busy, context }: Life): Promise<void> {
  for (;;) {
    const free = [...due].filter((name) => !busy.has(name))
    for (const name of free) {
      due.delete(name)
      busy.add(name)
      void reconcileNamespace(name, context).then(({ outcome }) => {
        busy.delete(name)
        if (outcome !== 'done') due.add(name)
      })
    }
    await setImmediate()
    if (![...due].some((name) => !busy.has(name))) return
  }
}
