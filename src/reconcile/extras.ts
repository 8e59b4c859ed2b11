/** reconcile/extras.ts — what is known of namespaces besides their policies: who has access, and their Pod Security labels. */

import { splitKey } from '../kube/objects.ts'
import type { Change } from '../kube/store.ts'
import { Guards } from './guards.ts'
import { type KeptChange, KeptObjects } from './kept/objects.ts'
import { accessKey, GATES_KEY, type Key, standardKey, tenantKey } from './keys.ts'
import { Labelled } from './labelled.ts'
import { Ledger, type Row } from './ledger.ts'
import type { NamespaceEntry } from './namespace-entry.ts'
import type { PolicyMemory } from './policy-memory.ts'
import { objectText } from './repairs.ts'
import { type StandardStep, standardStep } from './standard-step.ts'
import { asksForAccess, asksForStandard, type Tenant } from './tenants.ts'

type Priority = 'fresh' | 'initial'

export type ExtrasOptions = {
  readonly enqueue: (key: Key, priority: Priority) => void
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly memory: PolicyMemory
  readonly tenants: ReadonlyMap<string, Tenant>
  readonly ownerOf: (namespace: string) => Tenant | undefined
  readonly entryOf: (namespace: string) => NamespaceEntry | undefined
  readonly namespacesOf: (tenant: string) => Iterable<string>
  /** Something of the tenant is gone. */
  readonly onGone: (tenant: string) => void
}

export class Extras {
  /** Whole objects of tenants, those in no namespace included. */
  readonly kept: KeptObjects
  readonly access = new Ledger()
  readonly standards = new Ledger()
  readonly guards = new Guards()
  readonly #labelled = new Labelled()
  readonly #options: ExtrasOptions

  constructor(options: ExtrasOptions) {
    this.#options = options
    this.kept = new KeptObjects((change) => this.#onKept(change))
  }

  /** Namespaces in which there is something of this for the tenant; some more than once. */
  *placesOf(tenant: string): Iterable<string> {
    yield* this.kept.placesOf(tenant)
    yield* this.#labelled.placesOf(tenant)
  }

  /** How many namespaces have RoleBindings, and how many labels, that were made for the tenant. */
  countsOf(tenant: string): { readonly access: number; readonly standards: number } {
    return { access: new Set(this.kept.placesOf(tenant)).size, standards: this.#labelled.placesOf(tenant).size }
  }

  /** What is to be looked after in the namespace; in most of them nothing. */
  keysFor(namespace: string): readonly Key[] {
    const owner = this.#options.ownerOf(namespace)
    const bound = this.kept.inNamespace('RoleBinding', namespace).size > 0
    const applied = (this.#options.entryOf(namespace)?.applied.size ?? 0) > 0
    return [
      ...(bound || (owner && asksForAccess(owner)) || this.access.of(namespace) ? [accessKey(namespace)] : []),
      ...(applied || (owner && asksForStandard(owner)) || this.standards.of(namespace) ? [standardKey(namespace)] : []),
    ]
  }

  /** What is to be done next about the Pod Security labels of the namespace. */
  standardStep(namespace: string): StandardStep | undefined {
    const entry = this.#options.entryOf(namespace)
    return entry && standardStep(entry, this.#options.ownerOf(namespace), this.#options.tenants)
  }

  settle(ledger: 'access' | 'standards', namespace: string, row: Row | undefined): void {
    for (const tenant of this[ledger].set(namespace, row)) this.#options.enqueue(tenantKey(tenant), 'fresh')
  }

  /** The bindings by which the tenant is guarded, once all of them are there: from then on people may be let in. */
  guard(tenant: string, bindings: readonly string[]): void {
    if (!this.guards.set(tenant, bindings)) return
    for (const namespace of this.#options.namespacesOf(tenant)) {
      if (this.access.of(namespace) === undefined) for (const key of this.keysFor(namespace)) this.#options.enqueue(key, 'fresh')
    }
  }

  /** Before anything else is made of the change. */
  onNamespace({ key: namespace, previous, entry }: Change<NamespaceEntry>): void {
    for (const tenant of this.#labelled.update(namespace, previous, entry)) this.#options.onGone(tenant)
    if (entry) return
    for (const ledger of ['access', 'standards'] as const) this.settle(ledger, namespace, undefined)
  }

  /** Once it is known whose the namespace is. */
  onLabels(namespace: string, priority: Priority): void {
    const object = objectText({ kind: 'Namespace', namespace, name: namespace })
    const differs = this.standardStep(namespace) !== undefined
    if (this.#options.memory.note(object, differs, this.#options.now())) this.#options.enqueue(standardKey(namespace), priority)
  }

  #onKept({ kind, key, type, previous, entry, initial }: KeptChange): void {
    const { enqueue, memory, now, ownerOf, onGone } = this.#options
    const priority = initial ? 'initial' : 'fresh'
    if (kind === 'ValidatingAdmissionPolicyBinding') {
      if (type === 'added' && !initial) this.guards.made(key, now())
      if (type === 'deleted') this.guards.gone(key)
    }
    if (kind !== 'RoleBinding') {
      const tenants = new Set([previous, entry].flatMap((seen) => (seen ? [seen.tenant] : [])))
      for (const tenant of tenants) enqueue(tenant === '' ? GATES_KEY : tenantKey(tenant), priority)
      return
    }
    const { namespace, name } = splitKey(key)
    const object = objectText({ kind, namespace, name })
    if (previous) onGone(previous.tenant)
    const wanted = ownerOf(namespace)?.access.fingerprints.get(name)
    if (type !== 'deleted') memory.find(namespace, name)
    else if (wanted !== undefined) memory.lose(namespace, name, previous.uid)
    if (memory.note(object, wanted !== entry?.fingerprint, now())) enqueue(accessKey(namespace), priority)
  }
}
