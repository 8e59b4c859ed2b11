/**
 * reconcile/membership.ts — PURE: which tenant a namespace belongs to, kept up to date change by change.
 *
 * Of several resources that select a namespace the oldest keeps it (creationTimestamp, then name). When that one is deleted, the next takes
 * it at once and not when the deletion is over: in between it would be let go, and open. Nothing here costs the square of anything: a
 * namespace is compared with the tenants that ask for one of its labels, a tenant with the namespaces that carry one.
 */

import { compareText } from '../api/canonical.ts'
import { type LabelSelector, type Labels, matchesSelector } from '../api/selectors.ts'

export type Claimant = {
  readonly name: string
  readonly creationTimestamp: string
  readonly namespaceSelector: LabelSelector
  /** Active unless said. Frozen: keeps what it has, but writes nothing. Leaving: being deleted. */
  readonly standing?: 'active' | 'frozen' | 'leaving' | undefined
}

/** `selectedBy` is in order of precedence: the first owns the namespace, the others are in conflict. */
export type NamespaceChange = { readonly namespace: string; readonly before: readonly string[]; readonly after: readonly string[] }

const NOBODY: readonly string[] = []

export class Membership {
  readonly #claimants = new Map<string, Claimant & { readonly pair: string | undefined }>()
  /** Claimants by one label that their namespaces must have (`pair`); those that name none have to be asked every time. */
  readonly #byLabel = new Map<string, Set<string>>()
  readonly #unlabelled = new Set<string>()
  readonly #namespaces = new Map<string, { labels: Labels; selectedBy: readonly string[] }>()
  readonly #namespacesByLabel = new Map<string, Set<string>>()
  readonly #owned = new Map<string, Set<string>>()
  readonly #contested = new Map<string, Set<string>>()

  /** The tenant that owns the namespace. */
  ownerOf(namespace: string): string | undefined {
    return this.#namespaces.get(namespace)?.selectedBy[0]
  }

  /** All tenants that select the namespace, the owner first. */
  selectedBy(namespace: string): readonly string[] {
    return this.#namespaces.get(namespace)?.selectedBy ?? NOBODY
  }

  labelsOf(namespace: string): Labels | undefined {
    return this.#namespaces.get(namespace)?.labels
  }

  namespacesOf(tenant: string): ReadonlySet<string> {
    return this.#owned.get(tenant) ?? NO_NAMESPACES
  }

  /** The namespaces that the tenant selects but an older one owns. */
  contestedBy(tenant: string): ReadonlySet<string> {
    return this.#contested.get(tenant) ?? NO_NAMESPACES
  }

  setNamespace(namespace: string, labels: Labels): NamespaceChange {
    const known = this.#namespaces.get(namespace)
    if (known) this.#unindexNamespace(namespace, known.labels)
    for (const pair of Object.entries(labels)) add(this.#namespacesByLabel, pairText(pair), namespace)
    this.#namespaces.set(namespace, { labels, selectedBy: known?.selectedBy ?? NOBODY })
    return this.#decide(namespace)
  }

  removeNamespace(namespace: string): NamespaceChange {
    const known = this.#namespaces.get(namespace)
    if (!known) return { namespace, before: NOBODY, after: NOBODY }
    this.#unindexNamespace(namespace, known.labels)
    this.#record(namespace, known.selectedBy, NOBODY)
    this.#namespaces.delete(namespace)
    return { namespace, before: known.selectedBy, after: NOBODY }
  }

  /** The namespaces whose tenants changed. */
  setTenant(claimant: Claimant): NamespaceChange[] {
    const affected = new Set([...this.#withdraw(claimant.name), ...this.#candidates(claimant.namespaceSelector)])
    const pair = rarest(requiredPairs(claimant.namespaceSelector), this.#byLabel)
    this.#claimants.set(claimant.name, { ...claimant, pair })
    if (pair === undefined) this.#unlabelled.add(claimant.name)
    else add(this.#byLabel, pair, claimant.name)
    return this.#decideAll(affected)
  }

  removeTenant(name: string): NamespaceChange[] {
    return this.#decideAll(new Set(this.#withdraw(name)))
  }

  /** Forgets the claim, but not yet what followed from it; returns the namespaces that it had selected. */
  #withdraw(name: string): string[] {
    const claimant = this.#claimants.get(name)
    if (!claimant) return []
    this.#claimants.delete(name)
    this.#unlabelled.delete(name)
    if (claimant.pair !== undefined) remove(this.#byLabel, claimant.pair, name)
    return [...this.namespacesOf(name), ...this.contestedBy(name)]
  }

  #candidates(selector: LabelSelector): Iterable<string> {
    const pair = rarest(requiredPairs(selector), this.#namespacesByLabel)
    return pair === undefined ? this.#namespaces.keys() : (this.#namespacesByLabel.get(pair) ?? NOBODY)
  }

  #decideAll(namespaces: Iterable<string>): NamespaceChange[] {
    return [...namespaces].map((namespace) => this.#decide(namespace)).filter(({ before, after }) => before.join() !== after.join())
  }

  #decide(namespace: string): NamespaceChange {
    const known = this.#namespaces.get(namespace)
    if (!known) return { namespace, before: NOBODY, after: NOBODY }
    const names = new Set(this.#unlabelled)
    for (const pair of Object.entries(known.labels)) for (const name of this.#byLabel.get(pairText(pair)) ?? NOBODY) names.add(name)
    const claimants = [...names]
      .map((name) => this.#claimants.get(name))
      .filter((claimant) => claimant !== undefined)
      .filter(({ namespaceSelector }) => matchesSelector(namespaceSelector, known.labels))
      .sort(byAge)
    const after = [...new Set([heirAmong(claimants), ...claimants])].flatMap((claimant) => (claimant ? [claimant.name] : []))
    const before = known.selectedBy
    this.#record(namespace, before, after)
    known.selectedBy = after.length > 0 ? after : NOBODY
    return { namespace, before, after }
  }

  #record(namespace: string, before: readonly string[], after: readonly string[]): void {
    for (const [index, name] of before.entries()) remove(index === 0 ? this.#owned : this.#contested, name, namespace)
    for (const [index, name] of after.entries()) add(index === 0 ? this.#owned : this.#contested, name, namespace)
  }

  #unindexNamespace(namespace: string, labels: Labels): void {
    for (const pair of Object.entries(labels)) remove(this.#namespacesByLabel, pairText(pair), namespace)
  }
}

const NO_NAMESPACES: ReadonlySet<string> = new Set()

/** Who takes what its oldest claimant leaves; whoever is frozen could not. */
function heirAmong(claimants: readonly Claimant[]): Claimant | undefined {
  const [oldest] = claimants
  return oldest?.standing === 'leaving' ? claimants.find(({ standing = 'active' }) => standing === 'active') : undefined
}

function byAge(a: Claimant, b: Claimant): number {
  return compareText(a.creationTimestamp, b.creationTimestamp) || compareText(a.name, b.name)
}

/** The labels with values that every selected namespace must have. */
function requiredPairs({ matchLabels = {} }: LabelSelector): string[] {
  return Object.entries(matchLabels).map(pairText)
}

/** The one that tells most: a label that everybody has (environment=production) would compare everybody with everybody. */
function rarest(pairs: readonly string[], holders: ReadonlyMap<string, ReadonlySet<string>>): string | undefined {
  const count = (pair: string) => holders.get(pair)?.size ?? 0
  return pairs.reduce<string | undefined>((best, pair) => (best === undefined || count(pair) < count(best) ? pair : best), undefined)
}

/** Neither keys nor values hold an equals sign. */
function pairText([key, value]: readonly [string, string]): string {
  return `${key}=${value}`
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  if (set) set.add(value)
  else sets.set(key, new Set([value]))
}

function remove(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  set?.delete(value)
  if (set?.size === 0) sets.delete(key)
}
