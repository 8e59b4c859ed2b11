/**
 * support/mutants/mutations.ts — every small change of an expression that could change what it says: a part of a condition taken for true,
 * a branch never taken, a list without one of its items, a bound moved by one, a fallback turned round.
 */

import type { Node } from './cel-tree.ts'

/**
 * `emptiness`: of a list of sentences it only counts whether there is one, so what they say is left alone. So is what conditions are made
 * of: a rule finds, by the same words, what it then puts into sentences, and is broken there.
 */
export type Counts = 'value' | 'emptiness'

/** A part of the expression, and what it becomes; `what` says so in words. */
export type Edit = { readonly node: Node; readonly becomes: string; readonly what: string }

/** All of them, as they are found: the same part may be there more than once. */
export function editsOf(root: Node, text: string, counts: Counts): readonly Edit[] {
  return counts === 'emptiness' ? ofSentences(root, text) : ofValue(root, text)
}

function ofSentences(node: Node, text: string): readonly Edit[] {
  const [first, ...others] = node.parts
  if (first === undefined) return []
  if (node.kind === 'group') return ofSentences(first, text)
  if (node.kind === 'conditional') return [...bothWays(first, text), ...others.flatMap((branch) => ofSentences(branch, text))]
  if (node.name === '+') return [...withoutEach(node, text), ...node.parts.flatMap((part) => ofSentences(part, text))]
  if (node.kind === 'method' && node.name === 'map') return ofSentences(first, text)
  if (node.kind === 'method' && node.name === 'filter')
    return [...(others[1] && isCondition(others[1]) ? bothWays(others[1], text) : []), ...ofSentences(first, text)]
  // The names of what is wrong, as the one item of a list.
  if (node.kind === 'list' && isList(first)) return ofSentences(first, text)
  return []
}

/** Of everything that is looked at as a whole. */
function ofValue(node: Node, text: string): readonly Edit[] {
  return [...(isCondition(node) ? bothWays(node, text) : []), ...ofParts(node, text)]
}

function ofParts(node: Node, text: string): readonly Edit[] {
  const { kind, name, parts } = node
  const inner = (nodes: readonly Node[] = parts) => nodes.flatMap((part) => ofParts(part, text))
  if (kind === 'list') return [...withoutEachItem(node, text), ...inner()]
  if (kind === 'conditional') return [...parts.slice(0, 1).flatMap((condition) => bothWays(condition, text)), ...inner()]
  if (kind === 'method') return isSelector(node, text) ? [] : [...ofMethod(node, text), ...inner()]
  if (kind !== 'operator') return inner()
  if (name === '&&' || name === '||') {
    const removable = parts.filter((part) => !isNeeded(part, parts, text))
    return [...removable.map((part) => taken(part, name === '&&', text)), ...inner()]
  }
  if (name === '+') return [...withoutEach(node, text), ...inner()]
  const [left, right] = parts
  // What is taken for one of the other values says the same when it is taken for nothing.
  if (['==', '!='].includes(name) && left?.name === 'orValue' && right?.kind === 'literal' && right.name !== left.parts[1]?.name)
    return inner(left.parts)
  return [...ofBound(node, text), ...inner()]
}

function ofMethod(node: Node, text: string): readonly Edit[] {
  const [receiver, first, second] = node.parts
  if (receiver === undefined || first === undefined) return []
  const receiverText = text.slice(receiver.start, receiver.end)
  switch (node.name) {
    case 'exists':
    case 'all':
      return [
        ...(second ? bothWays(second, text) : []),
        // A list of one is how CEL gives a name to what it has worked out. What holds of nothing at all is left as it is.
        ...(receiver.kind === 'list' && receiver.parts.length === 1
          ? []
          : [
              {
                node,
                becomes:
                  node.name === 'all'
                    ? `(size(${receiverText}) == 0 || ${receiverText}${text.slice(receiver.end, node.end).replace('all', 'exists')})`
                    : `(size(${receiverText}) > 0 && ${receiverText}${text.slice(receiver.end, node.end).replace('exists', 'all')})`,
                what: `${quoted(node, text)}, ${node.name === 'all' ? 'one is enough' : 'it takes all'}`,
              },
            ]),
      ]
    case 'filter':
    case 'optMap':
      return second && isCondition(second) ? bothWays(second, text) : []
    case 'or':
      return [
        { node, becomes: receiverText, what: `${quoted(node, text)}, the first alone` },
        { node, becomes: text.slice(first.start, first.end), what: `${quoted(node, text)}, the second alone` },
      ]
    case 'orValue':
      return ofFallback(first, node, text)
    case 'replace':
    case 'substring':
      return [{ node, becomes: receiverText, what: `${quoted(node, text)}, left as it is` }]
    default:
      return []
  }
}

/** What an optional is taken for that is not there. */
function ofFallback(fallback: Node, node: Node, text: string): readonly Edit[] {
  const said = text.slice(fallback.start, fallback.end)
  if (said === 'true' || said === 'false') {
    return [{ node: fallback, becomes: String(said === 'false'), what: `${quoted(node, text)}, the other way round` }]
  }
  if (isCondition(fallback)) return bothWays(fallback, text)
  const empty = fallback.kind === 'list' && fallback.parts.length > 0 ? '[]' : /^'.+'$/.test(said) ? "''" : undefined
  return empty === undefined ? [] : [{ node: fallback, becomes: empty, what: `${quoted(node, text)}, or else ${empty}` }]
}

const BOUNDS: Readonly<Record<string, string>> = { '>=': '>', '>': '>=', '<=': '<', '<': '<=' }

function ofBound(node: Node, text: string): readonly Edit[] {
  const [left, right] = node.parts
  const moved = BOUNDS[node.name]
  if (moved === undefined || left === undefined || right === undefined) return []
  const becomes = `${text.slice(left.start, left.end)} ${moved} ${text.slice(right.start, right.end)}`
  return [{ node, becomes, what: `${quoted(node, text)}, but with ${moved}` }]
}

function bothWays(node: Node, text: string): readonly Edit[] {
  if (node.kind === 'literal' || isNeeded(node, [], text)) return []
  return [taken(node, true, text), taken(node, false, text)]
}

function taken(node: Node, value: boolean, text: string): Edit {
  return { node, becomes: String(value), what: `${quoted(node, text)} is always ${value}` }
}

/** Without one of the lists, or of the literals of a text, that are added up. */
function withoutEach(node: Node, text: string): readonly Edit[] {
  const ofLists = node.parts.some(isList)
  return node.parts.flatMap((part) => {
    if (!ofLists && !text.slice(part.start).startsWith("'")) return []
    return [{ node: part, becomes: ofLists ? '[]' : "''", what: `without ${quoted(part, text)}` }]
  })
}

function withoutEachItem(node: Node, text: string): readonly Edit[] {
  if (node.parts.length < 2) return []
  return node.parts.map((item) => {
    const others = node.parts.filter((part) => part !== item).map((part) => text.slice(part.start, part.end))
    return { node, becomes: `[${others.join(', ')}]`, what: `without ${quoted(item, text)} in a list of ${node.parts.length}` }
  })
}

/** Without it, what stands beside it is an error, which refuses everything: `has(x.y)`, or `k in m` beside `m[k]`. Nor is a half of a selector taken away. */
function isNeeded(node: Node, siblings: readonly Node[], text: string): boolean {
  const [first, second] = node.parts
  if (node.kind === 'group' || node.kind === 'not') return first !== undefined && isNeeded(first, siblings, text)
  if (isSelector(node, text)) return true
  if ((node.kind === 'call' && node.name === 'has') || (node.kind === 'method' && node.name === 'hasValue')) return true
  if (node.name !== 'in' || first === undefined || second === undefined) return false
  const access = `${text.slice(second.start, second.end)}[${text.slice(first.start, first.end)}]`
  return siblings.some((sibling) => sibling !== node && text.slice(sibling.start, sibling.end).includes(access))
}

/** Label selectors are looked into by a test of their own, thousands of times (test/admission/guards/selectors.test.ts). */
function isSelector({ parts: [receiver] }: Node, text: string): boolean {
  return (
    receiver !== undefined &&
    /\.\?(matchLabels\.orValue\(\{\}|matchExpressions\.orValue\(\[\])\)$/.test(text.slice(receiver.start, receiver.end))
  )
}

const CONDITIONS = [
  'exists',
  'all',
  'exists_one',
  'startsWith',
  'endsWith',
  'matches',
  'contains',
  'hasValue',
  'has',
  'isCIDR',
  'containsCIDR',
]
const COMPARISONS = ['&&', '||', '==', '!=', '<', '<=', '>', '>=', 'in']

function isCondition({ kind, name, parts }: Node): boolean {
  if (kind === 'group') return parts.every(isCondition)
  if (kind === 'conditional') return parts.slice(1).every(isCondition)
  if (kind === 'operator') return COMPARISONS.includes(name)
  if (kind === 'method' || kind === 'call') return CONDITIONS.includes(name)
  return kind === 'not' || name === 'true' || name === 'false'
}

function isList({ kind, name, parts }: Node): boolean {
  if (kind === 'group' || (kind === 'operator' && name === '+')) return parts.some(isList)
  if (kind === 'conditional') return parts.slice(1).some(isList)
  if (kind === 'method' && name === 'orValue') return parts.slice(1).some(isList)
  return kind === 'list' || (kind === 'method' && ['filter', 'map', 'split'].includes(name))
}

const LONGEST = 90

function quoted({ start, end }: Node, text: string): string {
  const line = text.slice(start, end).replaceAll(/\s+/g, ' ')
  return `"${line.length > LONGEST ? `${line.slice(0, LONGEST - 33)} ... ${line.slice(-28)}` : line}"`
}
