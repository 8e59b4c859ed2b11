/** lint/finding.ts — what a lint rule says: a code that never changes, an object and a field, and a sentence. */

import { compareText } from '../api/canonical.ts'

/** Worst first. */
export const SEVERITIES = ['error', 'warning', 'info'] as const
export type Severity = (typeof SEVERITIES)[number]

/** Where a finding is: `TenantIsolation manning`, `Service shop/web`. */
export type ObjectRef = { readonly kind: string; readonly namespace?: string; readonly name: string }

/** What a rule reports; the rule itself says how bad it is. */
export type Found = {
  readonly object: ObjectRef
  /** "spec.network.egress[0].to[1].cidr"; empty when it is about the object as a whole. */
  readonly field: string
  /** What is there, what follows from it, and what to do. */
  readonly message: string
  /** On which object an annotation may silence it; the object of the finding unless said. */
  readonly silencedOn?: ObjectRef
}

export type Finding = Found & {
  /** "TI001". Codes are API: none is ever given another meaning or another number. */
  readonly code: string
  /** "WideRange" */
  readonly name: string
  readonly severity: Severity
}

/** "TenantIsolation manning", "Service shop/web" */
export function refText({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(least)
}

/** By object, then field, as a person goes through a file; then by code. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(refText(a.object), refText(b.object)) ||
    compareFields(a.field, b.field) ||
    compareText(a.code, b.code) ||
    compareText(a.message, b.message)
  )
}

/** `to[2]` before `to[10]`. */
function compareFields(a: string, b: string): number {
  const padded = (field: string) => field.replaceAll(/\d+/g, (digits) => digits.padStart(4, '0'))
  return compareText(padded(a), padded(b))
}

/** The first few of many: "shop/a, shop/b and 7 more". */
export function someOf(texts: readonly string[], most = 3): string {
  const rest = texts.length - most
  return rest <= 0 ? texts.join(', ') : `${texts.slice(0, most).join(', ')} and ${rest} more`
}

export function tenantText(name: string): string {
  return refText({ kind: 'TenantIsolation', name })
}
