/** reconcile/foreign/others.ts — what others have to do with the tenants: their NetworkPolicies, and the namespaces that rules name. */

import { compareText } from '../../api/canonical.ts'
import type { Labels } from '../../api/selectors.ts'
import type { AuditCounts, OneSidedRow } from '../../api/status.ts'
import type { Facts } from '../../desired/facts.ts'
import { DEFAULT_DENY } from '../../desired/network/rules.ts'
import { splitKey } from '../../kube/objects.ts'
import { type Change, createStore, type Store } from '../../kube/store.ts'
import type { NamespaceEntry } from '../namespace-entry.ts'
import type { NetworkPolicy } from '../policy-entry.ts'
import type { Tenant } from '../tenants.ts'
import { auditCounts } from './audit.ts'
import { type ForeignEntry, type ForeignPolicy, foreignEntry } from './foreign-policy.ts'
import { OneSidedGrants } from './one-sided.ts'
import { SpaceIndex } from './space-index.ts'
import { Widened } from './widened.ts'
import type { Widening } from './widening.ts'

export type OthersOptions = {
  readonly facts: () => Facts
  readonly tenants: ReadonlyMap<string, Tenant>
  readonly namespacesOf: (tenant: string) => Iterable<string>
  readonly ownerOf: (namespace: string) => Tenant | undefined
  /** Whether a policy without our label is ours, and about to be put back: somebody has taken the label off. */
  readonly isLost: (namespace: string, name: string, uid: string) => boolean
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
  readonly #oneSided: OneSidedGrants

  constructor(options: OthersOptions) {
    this.#options = options
    this.policies = createStore<NetworkPolicy, ForeignEntry>({
      ingest: foreignEntry,
      onChange: ({ key }) => this.changed(splitKey(key).namespace),
    })
    const all = { ...options, spaces: this.#spaces, foreignIn: (namespace: string) => this.#in(namespace) }
    this.#widened = new Widened(all)
    this.#oneSided = new OneSidedGrants(all)
  }

  /** Policies in the namespace, ours or others', or its owner are not what they were. */
  changed(namespace: string): void {
    this.#changed(namespace)
    this.#touched(namespace, [this.#spaces.labelsOf(namespace) ?? {}])
  }

  /** The tenant asks for something else than before; `referrers` name it in their rules. */
  understood(tenant: string, referrers: Iterable<string>): void {
    for (const namespace of this.#options.namespacesOf(tenant)) this.changed(namespace)
    for (const name of [tenant, ...referrers]) this.#oneSided.changed(name)
  }

  /** Once it is known whose the namespace is. */
  onNamespace({ key, entry, previous }: Change<NamespaceEntry>): void {
    // Pods of a namespace that is on its way out are on their way out as well.
    if (!entry || entry.terminating) this.#spaces.delete(key)
    else this.#spaces.set(key, entry.labels)
    this.#changed(key)
    this.#touched(
      key,
      [previous?.labels, entry?.labels].filter((labels) => labels !== undefined),
    )
  }

  /** Looks at what has to be looked at before something can be said of the tenant, a little at each step. */
  *settle(tenant: string): Generator<void> {
    yield* this.#oneSided.settle()
    yield* this.#widened.settle(tenant)
  }

  /** What policies of others open beyond the rules of the tenant, by namespace and name, as of the last look. */
  wideningsOf(tenant: string): readonly Widening[] {
    return this.#widened.of(tenant)
  }

  /** Rules of this tenant that another one does not answer, and of others that this one does not. */
  oneSidedOf(tenant: string): readonly OneSidedRow[] {
    return this.#oneSided.of(tenant)
  }

  /** What Enforce would change, of a tenant in mode Audit. */
  auditOf(tenant: Tenant): AuditCounts | undefined {
    if (tenant.intent?.mode !== 'Audit' || tenant.intent.suspended) return undefined
    const { metadata, spec } = tenant.resource
    const namespaces = [...this.#options.namespacesOf(metadata.name)]
    return auditCounts({
      closed: spec.network?.defaultDeny ?? DEFAULT_DENY,
      namespaces: namespaces.map((name) => ({ labels: this.#spaces.labelsOf(name) ?? {}, policies: this.#in(name) })),
      grants: this.#oneSided.grantsOf(tenant),
      isAnywhere: (selector) => this.#spaces.matching(selector).length > 0,
      widened: this.wideningsOf(metadata.name).length,
    })
  }

  #changed(namespace: string): void {
    this.#widened.changed(namespace)
    const owner = this.#options.ownerOf(namespace)
    if (owner) this.#oneSided.changed(owner.resource.metadata.name)
  }

  #touched(namespace: string, labels: readonly Labels[]): void {
    this.#widened.touched(namespace, labels)
    this.#oneSided.touched(labels)
  }

  #in(namespace: string): readonly ForeignPolicy[] {
    const unlabelled = [...this.policies.inNamespace(namespace).values()].flatMap(({ foreign, uid }) =>
      this.#options.isLost(namespace, foreign.name, uid) ? [] : [foreign],
    )
    return [...unlabelled, ...this.#options.labelledIn(namespace)].sort((a, b) => compareText(a.name, b.name))
  }
}
