/** reachability/symbolic/domains.ts — exact sets of what one label may be: absent, some values, or every value but some. */

import type { LabelRequirement, LabelSelector } from '../../api/selectors.ts'

/** `values` rise. With `except` they are the ones that are not in the set: there is no end of the others. */
export type Domain = { readonly absent: boolean; readonly values: readonly string[]; readonly except: boolean }

export const ANYTHING: Domain = { absent: true, values: [], except: true }
export const PRESENT: Domain = { absent: false, values: [], except: true }
export const ABSENT: Domain = { absent: true, values: [], except: false }

export function isEmptyDomain({ absent, values, except }: Domain): boolean {
  return !absent && !except && values.length === 0
}

/** `value` is undefined for an object that lacks the label. */
export function inDomain({ absent, values, except }: Domain, value: string | undefined): boolean {
  return value === undefined ? absent : values.includes(value) !== except
}

export function intersectDomains(a: Domain, b: Domain): Domain {
  const absent = a.absent && b.absent
  if (a.except && b.except) return { absent, values: [...new Set([...a.values, ...b.values])].sort(), except: true }
  const [listed, other] = a.except ? [b, a] : [a, b]
  return { absent, values: listed.values.filter((value) => other.values.includes(value) !== other.except), except: false }
}

export function subtractDomains(a: Domain, b: Domain): Domain {
  return intersectDomains(a, { absent: !b.absent, values: b.values, except: !b.except })
}

/** What the selector asks of each label that it names: it selects what is in all of these, and nothing else. */
export function domainsOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): ReadonlyMap<string, Domain> {
  const domains = new Map<string, Domain>()
  const narrow = (key: string, domain: Domain) => domains.set(key, intersectDomains(domains.get(key) ?? ANYTHING, domain))
  for (const [key, value] of Object.entries(matchLabels)) narrow(key, { absent: false, values: [value ?? ''], except: false })
  for (const requirement of matchExpressions) narrow(requirement.key, domainOf(requirement))
  return domains
}

/** NotIn and DoesNotExist also take what lacks the label (apimachinery labels.Requirement.Matches). */
function domainOf({ operator, values = [] }: LabelRequirement): Domain {
  switch (operator) {
    case 'In':
      return { absent: false, values: [...new Set(values)].sort(), except: false }
    case 'NotIn':
      return { absent: true, values: [...new Set(values)].sort(), except: true }
    case 'Exists':
      return PRESENT
    case 'DoesNotExist':
      return ABSENT
  }
}
