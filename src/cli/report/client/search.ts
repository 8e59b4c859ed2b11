/** cli/report/client/search.ts — PURE: which flows and findings fit what somebody has typed and chosen. */

import type { Finding, Flow, Group, Report } from '../model.ts'

export const KINDS = ['ofTenants', 'between', 'outside', 'within', 'foreign', 'depends', 'all'] as const
/** Which flows are of interest, besides what is typed; the first one to begin with. */
export type Kind = (typeof KINDS)[number]

export type Query = { readonly text: string; readonly kind: Kind }

/** What is looked into for a flow: both groups with their namespaces, the ports, and the pods of its examples. */
export type Index = { readonly flows: readonly string[]; readonly groups: readonly string[] }

export function indexOf({ groups, flows }: Report): Index {
  const words = groups.map(({ name, namespaces }) => [name, ...namespaces.map((one) => one.name)].join(' ').toLowerCase())
  return {
    groups: words,
    flows: flows.map(({ from, to, sure, depends, foreign, examples }) =>
      [words[from], words[to], sure, depends, foreign, ...examples.flatMap((one) => [one.from, one.to])].join(' ').toLowerCase(),
    ),
  }
}

/** Indexes of the flows that fit, in their order. Every word has to be there; capitals do not matter. */
export function flowsFor(report: Report, index: Index, { text, kind }: Query): readonly number[] {
  const words = wordsOf(text)
  return report.flows.flatMap((flow, at) => (isOfKind(flow, report.groups, kind) && hasAll(index.flows[at] ?? '', words) ? [at] : []))
}

/** Indexes of the groups that fit by themselves, whether or not something is open to them. */
export function groupsFor(index: Index, { text }: Query): readonly number[] {
  const words = wordsOf(text)
  return index.groups.flatMap((name, at) => (hasAll(name, words) ? [at] : []))
}

export function findingsFor(findings: readonly Finding[], { text }: Query): readonly Finding[] {
  const words = wordsOf(text)
  return findings.filter(({ code, severity, message, object, field }) =>
    hasAll([code, severity, message, object, field].join(' ').toLowerCase(), words),
  )
}

function isOfKind({ from, to, foreign, depends }: Flow, groups: readonly Group[], kind: Kind): boolean {
  const tenants = [groups[from], groups[to]].filter((group) => group?.kind === 'tenant').length
  switch (kind) {
    case 'all':
      return true
    case 'ofTenants':
      return tenants > 0
    case 'between':
      return tenants === 2 && from !== to
    case 'outside':
      return tenants === 1
    case 'within':
      return tenants === 2 && from === to
    case 'foreign':
      return foreign !== ''
    case 'depends':
      return depends !== ''
  }
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
}

function hasAll(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word))
}
