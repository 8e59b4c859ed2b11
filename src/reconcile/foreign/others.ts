/** reconcile/foreign/others.ts — what others have to do with the tenants: their NetworkPolicies, and the namespaces that rules name. */

import { compareText } from '../../api/canonical.ts'
import type { Labels } from '../../api/selectors.ts'
import { splitKey } from '../../kube/objects.ts'
import { type Change, createStore, type Store } from '../../kube/store.ts'
import type { NamespaceEntry } from '../namespace-entry.ts'
import type { NetworkPolicy } from '../policy-entry.ts'
import type { Tenant } from '../tenants.ts'
import { type ForeignEntry, type ForeignPolicy, foreignEntry } from './foreign-policy.ts'
import { SpaceIndex } from './space-index.ts'
import { Widened } from './widened.ts'
import type { Widening } from './widening.ts'

export type OthersOptions = {
  readonly ownerOf: (namespace: string) => Tenant | undefined
  /** Policies that bear our label, and are not ours all the same. */
  readonly labelledIn: (namespace: string) => readonly ForeignPolicy[]
  /** Something else may have to be said of the tenant. */
  readonly tell: (tenant: string) => void
}

export class Others {
  /** The NetworkPolicies without our label. */
  readonly policies: Store<NetworkPolicy, ForeignEntry>
  readonly #options: OthersOptions
  readonly #spaces = new SpaceIndex()
  readonly #widened: Widened

  constructor(options: OthersOptions) {
    this.#options = options
    this.policies = createStore<NetworkPolicy, ForeignEntry>({
      ingest: foreignEntry,
      onChange: ({ key }) => this.changed(splitKey(key).namespace),
    })
    this.#widened = new Widened({ ...options, spaces: this.#spaces, foreignIn: (namespace) => this.#in(namespace) })
  }

  /** Policies in the namespace, ours or others', or its owner are not what they were. */
  changed(namespace: string): void {
    this.#widened.changed(namespace)
    this.#touched(this.#spaces.labelsOf(namespace) ?? {})
  }

  /** Once it is known whose the namespace is. */
  onNamespace({ key, entry, previous }: Change<NamespaceEntry>): void {
    // Pods of a namespace that is on its way out are on their way out as well.
    if (!entry || entry.terminating) this.#spaces.delete(key)
    else this.#spaces.set(key, entry.labels)
    this.#widened.changed(key)
    this.#touched(...[previous?.labels, entry?.labels].filter((labels) => labels !== undefined))
  }

  /** Looks at what has to be looked at before something can be said of the tenant, a little at each step. */
  *settle(tenant: string): Generator<void> {
    yield* this.#widened.settle(tenant)
  }

  /** What policies of others open beyond the rules of the tenant, by namespace and name, as of the last look. */
  wideningsOf(tenant: string): readonly Widening[] {
    return this.#widened.of(tenant)
  }

  #touched(...labels: readonly Labels[]): void {
    this.#widened.touched(...labels)
  }

  #in(namespace: string): readonly ForeignPolicy[] {
    const unlabelled = [...this.policies.inNamespace(namespace).values()].map(({ foreign }) => foreign)
    return [...unlabelled, ...this.#options.labelledIn(namespace)].sort((a, b) => compareText(a.name, b.name))
  }
}
