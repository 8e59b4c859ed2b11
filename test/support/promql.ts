/** support/promql.ts — what an expression asks Prometheus for, by Prometheus' own grammar. */

import { parser } from '@prometheus-io/lezer-promql'

export type Selector = { readonly metric: string; readonly labels: Readonly<Record<string, string>> }

/** The series that an expression selects, with the values that labels must have; throws when it is not PromQL. */
export function selectorsIn(expression: string): readonly Selector[] {
  const text = (node: { readonly from: number; readonly to: number } | null) => (node ? expression.slice(node.from, node.to) : '')
  const selectors: Selector[] = []
  parser.parse(expression).iterate({
    enter({ type, node, from }) {
      if (type.isError) throw new Error(`not PromQL, at "${expression.slice(from)}" in: ${expression}`)
      if (type.name !== 'VectorSelector') return
      const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
      const labels = matchers.map(
        (matcher) => [text(matcher.getChild('LabelName')), JSON.parse(text(matcher.getChild('StringLiteral')))] as const,
      )
      selectors.push({ metric: text(node.getChild('Identifier')), labels: Object.fromEntries(labels) })
    },
  })
  return selectors
}
