/** support/mutants/cel-tree.ts — CEL as a tree that knows where each part stands in the text: as much of the language as our policies use. */

/** `parts` of a method call begin with what it is called on; chains of one operator are one node. */
export type Node = {
  readonly kind:
    | 'literal'
    | 'name'
    | 'field'
    | 'index'
    | 'call'
    | 'method'
    | 'list'
    | 'map'
    | 'group'
    | 'not'
    | 'minus'
    | 'operator'
    | 'conditional'
  /** Of a name, a field, a function, an operator; the text of a literal. */
  readonly name: string
  readonly start: number
  readonly end: number
  readonly parts: readonly Node[]
}

/** Throws at what is no CEL, or none that we know. */
export function parseCel(text: string): Node {
  const reader = new Reader(text)
  const node = conditional(reader)
  if (reader.next !== undefined) throw new Error(`this is not understood: ${text.slice(reader.at)}`)
  return node
}

const TOKEN = /\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\d+|[A-Za-z_]\w*|&&|\|\||[=!<>]=|\.\?|\[\?|[-+*/%<>!?:.,()[\]{}])/y

class Reader {
  readonly #text: string
  #token: { readonly text: string; readonly start: number; readonly end: number } | undefined
  /** Where the last token that was taken ended. */
  end = 0

  constructor(text: string) {
    this.#text = text
    this.#read(0)
  }

  get next(): string | undefined {
    return this.#token?.text
  }

  get at(): number {
    return this.#token?.start ?? this.#text.length
  }

  take(expected?: string): string {
    const token = this.#token
    if (token === undefined || (expected !== undefined && token.text !== expected)) {
      throw new Error(`${expected ?? 'more'} is expected here: ${this.#text.slice(this.at)}`)
    }
    this.end = token.end
    this.#read(token.end)
    return token.text
  }

  #read(from: number): void {
    TOKEN.lastIndex = from
    const match = TOKEN.exec(this.#text)
    if (match === null && this.#text.slice(from).trim() !== '') throw new Error(`this is no CEL: ${this.#text.slice(from)}`)
    const [whole = '', token = ''] = match ?? []
    this.#token = match === null ? undefined : { text: token, start: from + whole.length - token.length, end: from + whole.length }
  }
}

function conditional(reader: Reader): Node {
  const start = reader.at
  const condition = binary(reader, 0)
  if (reader.next !== '?') return condition
  reader.take()
  const then = conditional(reader)
  reader.take(':')
  const otherwise = conditional(reader)
  return { kind: 'conditional', name: '?', start, end: reader.end, parts: [condition, then, otherwise] }
}

/** The weakest first. */
const OPERATORS: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!=', '<', '<=', '>', '>=', 'in'], ['+'], ['-'], ['*', '/', '%']]

function binary(reader: Reader, level: number): Node {
  const operators = OPERATORS[level]
  if (operators === undefined) return unary(reader)
  const start = reader.at
  let left = binary(reader, level + 1)
  while (reader.next !== undefined && operators.includes(reader.next)) {
    const name = reader.take()
    const parts = [
      ...(left.kind === 'operator' && left.name === name && left.start === start ? left.parts : [left]),
      binary(reader, level + 1),
    ]
    left = { kind: 'operator', name, start, end: reader.end, parts }
  }
  return left
}

function unary(reader: Reader): Node {
  const start = reader.at
  if (reader.next !== '!' && reader.next !== '-') return member(reader)
  const name = reader.take()
  const operand = unary(reader)
  return { kind: name === '!' ? 'not' : 'minus', name, start, end: reader.end, parts: [operand] }
}

function member(reader: Reader): Node {
  const start = reader.at
  let node = primary(reader)
  for (;;) {
    const opening = reader.next
    if (opening === '.' || opening === '.?') {
      reader.take()
      const name = reader.take()
      const called = reader.next === '('
      const parts = called ? [node, ...list(reader, '(', ')')] : [node]
      node = { kind: called ? 'method' : 'field', name, start, end: reader.end, parts }
    } else if (opening === '[' || opening === '[?') {
      reader.take()
      const index = conditional(reader)
      reader.take(']')
      node = { kind: 'index', name: opening, start, end: reader.end, parts: [node, index] }
    } else return node
  }
}

function primary(reader: Reader): Node {
  const start = reader.at
  const { next = '' } = reader
  if (next === '(') {
    reader.take()
    const inner = conditional(reader)
    reader.take(')')
    return { kind: 'group', name: '()', start, end: reader.end, parts: [inner] }
  }
  if (next === '[') return { kind: 'list', name: '[]', parts: list(reader, '[', ']'), start, end: reader.end }
  if (next === '{') return { kind: 'map', name: '{}', parts: list(reader, '{', '}', ':'), start, end: reader.end }
  const name = reader.take()
  if (/^['"\d]|^(true|false|null)$/.test(name)) return { kind: 'literal', name, start, end: reader.end, parts: [] }
  if (!/^\w+$/.test(name)) throw new Error(`${name} is not expected here`)
  if (reader.next !== '(') return { kind: 'name', name, start, end: reader.end, parts: [] }
  return { kind: 'call', name, parts: list(reader, '(', ')'), start, end: reader.end }
}

function list(reader: Reader, opening: string, closing: string, inner?: string): Node[] {
  const nodes: Node[] = []
  reader.take(opening)
  while (reader.next !== closing) {
    nodes.push(conditional(reader))
    if (inner !== undefined) {
      reader.take(inner)
      nodes.push(conditional(reader))
    }
    if (reader.next !== closing) reader.take(',')
  }
  reader.take(closing)
  return nodes
}
