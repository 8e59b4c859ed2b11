/** reachability/policy.ts — a NetworkPolicy as the evaluator sees it: every default filled in, nothing left to interpret. */

import { API_VERSION, GROUP, KIND, RULES_ANNOTATION, TENANT_LABEL } from '../api/labels.ts'
import type { Direction } from '../api/network.ts'
import type { LabelSelector, Labels } from '../api/selectors.ts'
import type { AddressSet } from './addresses.ts'
import type { PortSet, Protocol } from './ports.ts'

export type { Direction }

/** `text` is equal for selectors that are written alike, whatever the order of their keys. */
export type Selector = { readonly text: string; readonly selector: LabelSelector }

/** Who is meant: pods, or addresses. A selector that is undefined was not written, and does not narrow anything. */
export type Peer =
  | { readonly form: 'Pods'; readonly namespaceSelector: Selector | undefined; readonly podSelector: Selector | undefined }
  | { readonly form: 'Addresses'; readonly addresses: AddressSet; readonly text: string }

export type Port =
  | { readonly form: 'Numbers'; readonly ports: PortSet }
  | { readonly form: 'Name'; readonly protocol: Protocol; readonly name: string }

export type NamedPort = Extract<Port, { form: 'Name' }>

/** Peers and ports stand at the index at which the policy has them. No peers: anybody. No ports: every port. */
export type Rule = {
  readonly peers: readonly Peer[]
  readonly ports: readonly Port[]
  /** What the rule opens on every pod: its ports without those that go by a name. */
  readonly numbered: PortSet
  readonly named: readonly NamedPort[]
}

export type Policy = {
  readonly namespace: string
  readonly name: string
  readonly labels: Labels
  /** The owner that controls it. */
  readonly controller: { readonly apiVersion: string; readonly kind: string; readonly name: string } | undefined
  /** Which rules of a TenantIsolation it carries, as its annotation says: "ingress/web-to-database", "dns". */
  readonly resourceRules: readonly string[]
  readonly podSelector: Selector
  /** Undefined where the policy says nothing about a direction; empty where it allows nothing. */
  readonly rules: Readonly<Record<Direction, readonly Rule[] | undefined>>
}

/** "shop/web-to-database": how messages name a policy. */
export function policyName({ namespace, name }: Pick<Policy, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}

/** Whether the operator made it: it has our label and is controlled by a TenantIsolation. */
export function isOurs({ labels, controller }: Policy): boolean {
  const group = controller?.apiVersion === API_VERSION || controller?.apiVersion.startsWith(`${GROUP}/`) === true
  return group && controller?.kind === KIND && Object.hasOwn(labels, TENANT_LABEL)
}

/** The tenant whose resource the policy comes from. Undefined for policies that are not ours. */
export function tenantOfPolicy(policy: Policy): string | undefined {
  return isOurs(policy) ? policy.labels[TENANT_LABEL] : undefined
}

/** The rules of the resource that a rule of our policy in this direction may come from; one when there is only one to choose from. */
export function resourceRulesOf(policy: Policy, direction: Direction): readonly string[] {
  if (!isOurs(policy)) return []
  const own = `${direction.toLowerCase()}/`
  return policy.resourceRules.filter((rule) => rule === 'intraTenant' || rule.startsWith(own) || (rule === 'dns' && direction === 'Egress'))
}

/** The annotation's text as a list. */
export function resourceRulesIn(annotations: Labels): readonly string[] {
  const text = Object.hasOwn(annotations, RULES_ANNOTATION) ? (annotations[RULES_ANNOTATION] ?? '') : ''
  return text
    .split(',')
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '')
}
