/** chart/values-files.ts — from the schema of the values to values.yaml, values.schema.json and a table. */

import { stringify } from 'yaml'
import { z } from 'zod'
import { values } from './values.ts'

type Node = {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Node>>
  readonly additionalProperties?: unknown
  readonly enum?: readonly unknown[]
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string }[]
}

const LINE = 120

/** values.schema.json; draft 7, which every Helm of today reads. */
export function valuesSchema(): string {
  const { $schema, ...root } = cleaned(z.toJSONSchema(values, { target: 'draft-7', io: 'input' })) as Record<string, unknown>
  const properties = {
    ...(root.properties as object),
    // What Helm itself hands to a chart that is part of another one.
    global: { description: 'Values that the parent chart shares with all of its parts. Not used.', type: 'object' },
    enabled: { description: 'By which a parent chart switches this one on or off. Not used.', type: 'boolean' },
  }
  return `${JSON.stringify({ $schema, title: 'Values of the chart tenant-isolation', ...root, properties }, null, 2)}\n`
}

/** values.yaml: every value with its default, and above it what it is. */
export function valuesYaml(): string {
  return members(schemaOf(values), '').join('\n')
}

/** A table for the README: a row for every value. */
export function valuesTable(): string {
  const rows = leaves(schemaOf(values), '').map(
    ([path, node]) => `| \`${path}\` | ${cell(describedAs(node))} | ${'default' in node ? `\`${JSON.stringify(node.default)}\`` : ''} |`,
  )
  return ['| Value | What it is | Default |', '|---|---|---|', ...rows, ''].join('\n')
}

function schemaOf(schema: z.ZodType): Node {
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }) as Node
}

function members({ properties = {} }: Node, indent: string): string[] {
  return Object.entries(properties)
    .flatMap(([name, node], index) => {
      const comment = wrapped(describedAs(node), LINE - indent.length - 2).map((line) => `${indent}# ${line}`)
      const gap = index === 0 ? [] : ['']
      // The operator's configuration has its own defaults, and none of them is written down twice.
      if (!isSection(node) || name === 'config') return [...gap, ...comment, ...entry(name, node.default ?? {}, indent)]
      return [...gap, ...comment, `${indent}${name}:`, ...members(node, `${indent}  `).filter((line) => line !== '')]
    })
    .concat(indent === '' ? [''] : [])
}

function entry(name: string, value: unknown, indent: string): string[] {
  return stringify({ [name]: value }, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map((line) => indent + line)
}

/** Every value that is not made of others, with its path. */
function leaves({ properties = {} }: Node, prefix: string): [string, Node][] {
  return Object.entries(properties).flatMap(([name, node]) =>
    isSection(node) ? leaves(node, `${prefix}${name}.`) : [[prefix + name, node] as [string, Node]],
  )
}

/** Whether it is made of values that are described one by one. */
function isSection({ properties = {} }: Node): boolean {
  const all = Object.values(properties)
  return all.length > 0 && all.every(({ description }) => description !== undefined)
}

function describedAs({ description, enum: choices }: Node): string {
  if (description === undefined) throw new Error('every value of the chart is described')
  return choices ? `${description} One of ${choices.join(', ')}.` : description
}

function cell(description: string): string {
  return description.replaceAll('|', '\\|')
}

function wrapped(sentence: string, width: number): string[] {
  const lines = ['']
  for (const word of sentence.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + word.length >= width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}

const MATCHES = /^self\.matches\(r'(.*)'\)$/

/** Without what only the API server understands; a rule that is one regular expression becomes a pattern. */
function cleaned(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(cleaned)
  if (typeof node !== 'object' || node === null) return node
  const rules = (node as Node)['x-kubernetes-validations'] ?? []
  const [pattern] = rules.flatMap(({ rule }) => MATCHES.exec(rule)?.[1] ?? [])
  const kept = Object.entries(node)
    .filter(([key, value]) => !(key.startsWith('x-kubernetes-') || key === 'nullable' || UNBOUNDED.has(value)))
    .map(([key, value]) => [key, cleaned(value)])
  return { ...Object.fromEntries(kept), ...(pattern !== undefined && { pattern }) }
}

/** By which Zod bounds every integer; they mean nothing. */
const UNBOUNDED: ReadonlySet<unknown> = new Set([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])
