/**
 * reconcile/foreign/one-sided.ts — rules by which one tenant lists another that does not answer with a rule of its own, so that nothing
 * passes. Worked out when status asks for it, and again only where something changed that it depends on.
 */

import { canonicalJson, compareText } from '../../api/canonical.ts'
import { isEmptySelector, type Labels } from '../../api/selectors.ts'
import { type OneSidedRow, STATUS_ROWS } from '../../api/status.ts'
import type { Facts } from '../../desired/facts.ts'
import { type Grant, grantsOfPolicy, grantsOfTenant } from '../../lint/grants.ts'
import type { LintTenant } from '../../lint/input.ts'
import { type OneSided, oneSidedGrants, portsOf } from '../../lint/rules/one-sided.ts'
import type { Intent, Tenant } from '../tenants.ts'
import { cut } from '../verdicts.ts'
import type { ForeignPolicy } from './foreign-policy.ts'
import { type Heard, Listeners } from './listeners.ts'
import type { SpaceIndex } from './space-index.ts'

export type OneSidedOptions = {
  readonly spaces: SpaceIndex
  readonly facts: () => Facts
  readonly tenants: ReadonlyMap<string, Tenant>
  readonly ownerOf: (namespace: string) => Tenant | undefined
  readonly namespacesOf: (tenant: string) => Iterable<string>
  readonly foreignIn: (namespace: string) => readonly ForeignPolicy[]
  readonly tell: (tenant: string) => void
}

const NONE: readonly OneSidedRow[] = []

export class OneSidedGrants {
  readonly #options: OneSidedOptions
  /** Tenants whose rules have to be looked at anew. */
  readonly #stale = new Set<string>()
  readonly #listeners = new Listeners()
  /** By the tenant whose rules they are. */
  readonly #rows = new Map<string, readonly OneSidedRow[]>()
  /** Whose rules are to be answered by a tenant. */
  readonly #asking = new Map<string, Set<string>>()
  /** What a resource says is the same for as long as it asks for the same. */
  readonly #grants = new WeakMap<Intent, readonly Grant[]>()

  constructor(options: OneSidedOptions) {
    this.#options = options
  }

  /** Its rules or its namespaces are not what they were. */
  changed(tenant: string): void {
    const { tenants, tell } = this.#options
    // Nobody asks for the status of a tenant that is gone.
    if (!tenants.has(tenant)) this.#forget(tenant)
    else {
      this.#stale.add(tenant)
      tell(tenant)
    }
  }

  /** A namespace with these labels is another one now, or its policies or its owner are. */
  touched(labels: readonly Labels[]): void {
    for (const tenant of this.#listeners.of(labels)) this.changed(tenant)
  }

  /** Looks at what is to be looked at, whoever's it is: what one tenant asks for is said of the other one as well. */
  *settle(): Generator<void> {
    for (const tenant of this.#stale) {
      this.#stale.delete(tenant)
      this.#look(tenant)
      yield
    }
  }

  /** The tenant's own first, then those of others that it would have to answer; each by name. */
  of(tenant: string): readonly OneSidedRow[] {
    const asking = [...(this.#asking.get(tenant) ?? [])].sort(compareText)
    const others = asking.flatMap((other) => (this.#rows.get(other) ?? NONE).filter(({ missingIn }) => missingIn === tenant))
    return [...(this.#rows.get(tenant) ?? NONE), ...others].slice(0, STATUS_ROWS)
  }

  #forget(tenant: string): void {
    this.#stale.delete(tenant)
    this.#listeners.listen(tenant, [])
    this.#set(tenant, NONE)
  }

  #look(name: string): void {
    const tenant = this.#options.tenants.get(name)
    const { mode, suspended = true } = tenant?.intent ?? {}
    if (!tenant || mode === 'Disabled' || suspended) this.#forget(name)
    else this.#set(name, this.#rowsOf(name, tenant))
  }

  #set(name: string, rows: readonly OneSidedRow[]): void {
    const before = this.#rows.get(name) ?? NONE
    if (rows.length > 0) this.#rows.set(name, rows)
    else this.#rows.delete(name)
    if (canonicalJson(before) === canonicalJson(rows)) return
    for (const { missingIn } of before) this.#asking.get(missingIn)?.delete(name)
    for (const { missingIn } of rows) this.#asking.set(missingIn, (this.#asking.get(missingIn) ?? new Set()).add(name))
    for (const other of new Set([...before, ...rows].map(({ missingIn }) => missingIn))) this.#options.tell(other)
  }

  #rowsOf(name: string, tenant: Tenant): readonly OneSidedRow[] {
    const { spaces, ownerOf, tenants, foreignIn } = this.#options
    const own = this.grantsOf(tenant)
    const selectors = selectorsIn(own)
    this.#listeners.listen(name, selectors)
    const places = new Set(selectors.flatMap((selector) => spaces.matching(selector)))
    const others = new Set([...places].flatMap((namespace) => ownerOf(namespace)?.resource.metadata.name ?? []))
    // A tenant that has no namespace yet can be asked as well.
    for (const reference of tenant.references) if (tenants.has(reference)) others.add(reference)
    others.delete(name)
    if (others.size === 0) return []
    const asked = [...others].sort(compareText).flatMap((other) => tenants.get(other) ?? [])
    const found = oneSidedGrants({
      tenants: [this.#lintTenant(tenant, true), ...asked.map((other) => this.#lintTenant(other, false))],
      grants: [
        ...own,
        ...asked.flatMap((other) => this.grantsOf(other)),
        ...[...places].flatMap(foreignIn).flatMap(({ policy }) => (policy ? grantsOfPolicy(policy) : [])),
      ],
      labelsOf: (namespace) => spaces.labelsOf(namespace) ?? {},
    })
    return rowsFrom(found.filter(({ grant }) => grant.tenant === name))
  }

  /** What is in mode Audit is looked at as if it were enforced when it is the tenant itself that asks, but nobody has to answer it yet. */
  #lintTenant({ resource, intent }: Tenant, itself: boolean): LintTenant {
    const enforced = intent?.mode === 'Enforce' || (itself && intent?.mode === 'Audit')
    return { resource, namespaces: [...this.#options.namespacesOf(resource.metadata.name)], enforced }
  }

  /** What its resource says. */
  grantsOf({ resource, intent }: Tenant): readonly Grant[] {
    if (!intent) return []
    const known = this.#grants.get(intent)
    if (known) return known
    const grants = grantsOfTenant({ resource, namespaces: [], enforced: true }, this.#options.facts(), () => ({}))
    this.#grants.set(intent, grants)
    return grants
  }
}

/** The selectors by which others are listed. What means every namespace lists nobody. */
function selectorsIn(grants: readonly Grant[]): readonly Heard[] {
  const peers = grants.flatMap(({ parts }) => parts.flatMap(({ rules }) => rules.flatMap((rule) => rule.peers)))
  const named = peers.flatMap((peer) => (peer.form === 'Pods' && peer.namespaceSelector ? [peer.namespaceSelector] : []))
  return [...new Map(named.filter(({ selector }) => !isEmptySelector(selector)).map((one) => [one.text, one])).values()]
}

/** One for each rule and tenant that it lists; a rule that lists many is told of as far as status goes. */
function rowsFrom(found: readonly OneSided[]): readonly OneSidedRow[] {
  const groups = Map.groupBy(found, ({ grant, other }) => `${grant.called} ${other}`)
  const rows = [...groups.values()].map((some): OneSidedRow => {
    const [{ grant, part, other, back }] = some as [OneSided, ...OneSided[]]
    const { called: rule, tenant = '', direction } = grant
    const [to, lacks, peer] =
      direction === 'Egress' ? ['to', `lets ${tenant} in`, 'from'] : ['from', `lets its pods connect to ${tenant}`, 'to']
    const answer = `${back.toLowerCase()} rule`
    const message = `${rule} of tenant ${tenant} allows connections ${to} tenant ${other}, and no ${answer} of ${other} ${lacks} ${portsOf(part)}, so that nothing passes: ${other} has to add an ${answer} with ${peer}: [{tenant: ${tenant}}], or ${tenant} takes its rule away`
    return { tenant, rule, missingIn: other, direction: back, message: cut(message, 1024) }
  })
  return rows.sort((a, b) => compareText(a.rule, b.rule) || compareText(a.missingIn, b.missingIn)).slice(0, STATUS_ROWS)
}
