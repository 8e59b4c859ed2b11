/** cli/input/documents.ts — PURE: text as people keep Kubernetes objects in it: YAML with several documents, JSON, lists. */

import { type Document, isNode, LineCounter, parseAllDocuments, type YAMLError } from 'yaml'

/** Where an object stands. */
export type Place = {
  readonly file: string
  /**
   * The line, from 1, of a field such as `spec.egress[0].to`; of the nearest one around it when it is not there. Undefined for a text so long
   * that looking for it would take longer than anybody waits.
   */
  readonly lineOf: (field?: string) => number | undefined
}

/** One object, and where it stands. */
export type Located = Place & {
  readonly value: unknown
  /** From 1. */
  readonly document: number
  /** Of an item of a list: `items[3]`; otherwise empty. */
  readonly path: string
}

/** The text cannot be read; the message names file and line. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError'
}

/** All objects in the text, those of lists one by one; empty documents are passed over. Throws an UnreadableError. */
export function objectsIn(file: string, text: string): readonly Located[] {
  return documentsIn(file, text).flatMap(itemsOf)
}

function documentsIn(file: string, text: string): Located[] {
  // Read once more when the first line is asked for; until then, nothing has to be kept for it but the text.
  let again: Lines | undefined
  const lineOf = (index: number, field: string): number | undefined => {
    if (text.length > LONG_TEXT) return undefined
    again ??= linesIn(text)
    return lineIn(again, index, field)
  }
  return valuesIn(file, text).flatMap((value, index) =>
    value === null || value === undefined
      ? []
      : [{ value, file, document: index + 1, path: '', lineOf: (field = '') => lineOf(index, field) }],
  )
}

function valuesIn(file: string, text: string): readonly unknown[] {
  // Some fifty times as fast, and what `kubectl get -o json` writes can be large.
  if (/^\s*\{/.test(text)) {
    try {
      return [JSON.parse(text)]
    } catch {
      // As YAML it may be readable all the same, or at least the line of the mistake will be known.
    }
  }
  const lines = new LineCounter()
  return parsed(text, lines).map((document) => {
    const [error] = document.errors
    if (error) throw new UnreadableError(`${file}:${lines.linePos(error.pos[0]).line}: not YAML: ${wordsOf(error)}`)
    try {
      return document.toJS() as unknown
    } catch (thrown) {
      // Aliases of aliases of aliases.
      const { line } = lines.linePos(document.range?.[0] ?? 0)
      throw new UnreadableError(`${file}:${line}: not usable: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
  })
}

function wordsOf({ code, message }: YAMLError): string {
  return code === 'NON_STRING_KEY' ? 'a key has to be a text; if this is a template, give what it renders to' : message
}

/**
 * YAML 1.1, because kubectl reads that: there `yes` is true. Without its times and numbers to the base of sixty, which kubectl leaves
 * alone as well (sigs.k8s.io/yaml).
 */
function parsed(text: string, lineCounter: LineCounter): readonly Document[] {
  const all = parseAllDocuments(text, {
    version: '1.1',
    merge: true,
    stringKeys: true,
    logLevel: 'error',
    prettyErrors: false,
    lineCounter,
    customTags: (tags) => tags.filter((tag) => typeof tag !== 'object' || !STRANGE.has(tag.tag + (tag.format ?? ''))),
  })
  return 'empty' in all ? [] : all
}

const STRANGE = new Set(['tag:yaml.org,2002:timestamp', 'tag:yaml.org,2002:intTIME', 'tag:yaml.org,2002:floatTIME'])

/** Characters. YAML is read at about a million of them in a second, and only YAML knows lines. */
const LONG_TEXT = 4_000_000

type Lines = { readonly documents: readonly Document[]; readonly lines: LineCounter }

function linesIn(text: string): Lines {
  const lines = new LineCounter()
  return { documents: parsed(text, lines), lines }
}

function lineIn({ documents, lines }: Lines, index: number, field: string): number {
  const document = documents[index]
  if (!document) return 1
  const path = segments(field)
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : keyNode(document, path.slice(0, length))
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}

/** The key under which the value stands, which is a line above its value when that is a map. */
function keyNode(document: Document, path: readonly (string | number)[]): unknown {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const last = path.at(-1)
  const items: readonly unknown[] = (parent as { items?: readonly unknown[] } | undefined)?.items ?? []
  for (const item of items) {
    const { key } = item as { key?: { value?: unknown } }
    if (key?.value !== undefined && String(key.value) === String(last)) return key
  }
  return typeof last === 'number' ? items[last] : undefined
}

/** `spec.to[2].matchLabels[example.com/app]` in its parts. */
function segments(field: string): (string | number)[] {
  return [...field.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, bracket, name]) => {
    const part = bracket ?? name ?? ''
    return bracket !== undefined && /^\d+$/.test(part) ? Number(part) : part
  })
}

/** Lists, as `kubectl get -o yaml` writes them, item by item. */
function itemsOf(located: Located): readonly Located[] {
  const { value, path, lineOf } = located
  if (typeof value !== 'object' || value === null) return [located]
  const { apiVersion, kind, items } = value as { readonly apiVersion?: unknown; readonly kind?: unknown; readonly items?: unknown }
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [located]
  // kubectl's typed lists leave the kind of their items out.
  const inherited = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) }
  return items.flatMap((item: unknown, index) => {
    const at = `${path}${path && '.'}items[${index}]`
    const own = typeof item === 'object' && item !== null && !Array.isArray(item) ? { ...inherited, ...item } : item
    return itemsOf({ ...located, value: own, path: at, lineOf: (field = '') => lineOf(field === '' ? at : `${at}.${field}`) })
  })
}
