/** cli/output/yaml.ts — PURE: objects as YAML that kubectl reads as it is meant, with their members in one order, whatever order they came in. */

import { stringify } from 'yaml'
import { compareText } from '../../api/canonical.ts'

/** Members that people look for first, in the order in which they look; the others follow by name. */
const FIRST = [
  'apiVersion',
  'kind',
  'metadata',
  'name',
  'namespace',
  'labels',
  'annotations',
  'ownerReferences',
  'podSelector',
  'policyTypes',
  'ingress',
  'egress',
  'appliesTo',
  'from',
  'to',
  'protocol',
  'port',
]

/** Maps whose names are the user's. */
const MAPS = new Set(['labels', 'annotations', 'matchLabels'])

/** The same value with the members of its objects in order; those without a value are left out. */
export function ordered(value: unknown): unknown {
  return orderedIn(value, byImportance)
}

function orderedIn(value: unknown, compare: (a: string, b: string) => number): unknown {
  if (Array.isArray(value)) return value.map((item) => orderedIn(item, compare))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => compare(a, b))
  return Object.fromEntries(members.map(([name, member]) => [name, orderedIn(member, MAPS.has(name) ? compareText : byImportance)]))
}

function byImportance(a: string, b: string): number {
  return rank(a) - rank(b) || compareText(a, b)
}

function rank(name: string): number {
  const index = FIRST.indexOf(name)
  return index < 0 ? FIRST.length : index
}

/** kubectl reads YAML 1.1, in which `no` is false: what is not a string to either version stands in quotes. */
const STYLE = { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' } as const

/** One value as YAML, ending with a line break. */
export function yaml(value: unknown): string {
  return stringify(ordered(value), STYLE)
}

/** The objects as documents of one stream. What many of them share, as the policies of a tenant share their spec, is worked out once. */
export function yamlDocuments(objects: readonly object[]): string {
  const known = new Map<string, WeakMap<object, string>>()
  const member = (name: string, value: unknown): string => {
    if (typeof value !== 'object' || value === null) return stringify({ [name]: value }, STYLE)
    const texts = known.get(name) ?? new WeakMap<object, string>()
    known.set(name, texts)
    const text = texts.get(value) ?? stringify({ [name]: orderedIn(value, MAPS.has(name) ? compareText : byImportance) }, STYLE)
    texts.set(value, text)
    return text
  }
  const members = (object: object): string =>
    Object.entries(object)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => byImportance(a, b))
      .map(([name, value]) => (name === 'metadata' ? `metadata:\n${members(value).replaceAll(/^(?=.)/gm, '  ')}` : member(name, value)))
      .join('')
  return objects.map(members).join('---\n')
}
