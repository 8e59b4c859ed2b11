/** cli/diff/answer.ts — PURE: differences for people, for pull requests and for programs. */

import { RULES_ANNOTATION } from '../../api/labels.ts'
import type { Answer } from '../output/answer.ts'
import { type Colour, type Paint, PLAIN } from '../output/colour.ts'
import { nameOf, withoutUnknownOwner } from '../output/kube-objects.ts'
import { markdownTable } from '../output/table.ts'
import { ordered, yaml } from '../output/yaml.ts'
import type { Change } from './changes.ts'
import type { FieldChange } from './fields.ts'

const ACTIONS = ['create', 'change', 'delete', 'conflict'] as const

const SIGNS: Readonly<Record<Change['action'], readonly [sign: string, colour: Colour]>> = {
  create: ['+', 'green'],
  change: ['~', 'yellow'],
  delete: ['-', 'red'],
  conflict: ['!', 'red'],
}

export function diffAnswer(changes: readonly Change[]): Answer {
  return {
    text: (paint) => [...changes.map((change) => changeText(change, paint)), sumText(changes)].join('\n'),
    markdown: () => markdown(changes),
    value: () => ({ summary: counts(changes), changes: changes.map(changeValue) }),
  }
}

function counts(changes: readonly Change[]): Record<Change['action'], number> {
  const of = (action: Change['action']) => changes.filter((change) => change.action === action).length
  return { create: of('create'), change: of('change'), delete: of('delete'), conflict: of('conflict') }
}

function sumText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'no differences'
  const counted = counts(changes)
  const verbs = { create: 'to create', change: 'to change', delete: 'to delete', conflict: 'in conflict' }
  return ACTIONS.filter((action) => counted[action] > 0)
    .map((action) => `${counted[action]} ${verbs[action]}`)
    .join(', ')
}

function changeText(change: Change, paint: Paint): string {
  const [sign, colour] = SIGNS[change.action]
  return [paint(colour, `${sign} ${headOf(change)}`), ...fieldLines(change, paint)].join('\n')
}

function headOf({ action, tenant, object }: Change): string {
  const rules = object.metadata.annotations?.[RULES_ANNOTATION]
  const about = [...(tenant ? [`tenant ${tenant}`] : []), ...(rules ? [rules] : [])].join(': ')
  const taken = action === 'conflict' ? ' is there, but was not made by the operator; delete or rename it' : ''
  return `${nameOf(object)}${about && ` (${about})`}${taken}`
}

function fieldLines(change: Change, paint: Paint): string[] {
  return change.action === 'change' ? change.fields.flatMap((field) => fieldText(field, paint)) : []
}

/** Short values stand behind the path, others below it. */
function fieldText({ path, before, after }: FieldChange, paint: Paint): string[] {
  if (before !== undefined && after !== undefined && isShort(before) && isShort(after))
    return [paint('yellow', `    ~ ${path}: ${short(before)} -> ${short(after)}`)]
  return [
    ...(before === undefined ? [] : valueLines('-', path, before).map((line) => paint('red', line))),
    ...(after === undefined ? [] : valueLines('+', path, after).map((line) => paint('green', line))),
  ]
}

function valueLines(sign: string, path: string, value: unknown): string[] {
  if (isShort(value)) return [`    ${sign} ${path}: ${short(value)}`]
  const lines = yaml(value).trimEnd().split('\n')
  return [`    ${sign} ${path}:`, ...lines.map((line) => `    ${sign}   ${line}`)]
}

function isShort(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Object.keys(value).length === 0
}

function short(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function markdown(changes: readonly Change[]): string {
  if (changes.length === 0) return sumText(changes)
  const rows = changes.map((change) => {
    const { namespace = '', name } = change.object.metadata
    return [change.action, namespace, change.object.kind, name, change.tenant, change.object.metadata.annotations?.[RULES_ANNOTATION] ?? '']
  })
  const details = changes.filter(({ action }) => action === 'change').map((change) => fenced(change))
  return [`**${sumText(changes)}**`, markdownTable(['ACTION', 'NAMESPACE', 'KIND', 'NAME', 'TENANT', 'RULES'], rows), ...details].join(
    '\n\n',
  )
}

/** GitHub colours the lines by their first character. */
function fenced(change: Change): string {
  const lines = fieldLines(change, PLAIN).map((line) => line.replace(/^ {4}~/, '!').replace(/^ {4}/, ''))
  return [`\`${nameOf(change.object)}\``, '', '```diff', ...lines, '```'].join('\n')
}

function changeValue(change: Change): unknown {
  const { action, tenant, object } = change
  const { apiVersion, kind, metadata } = object
  const { namespace, name } = metadata
  return {
    action,
    apiVersion,
    kind,
    ...(namespace !== undefined && { namespace }),
    name,
    ...(tenant && { tenant }),
    ...(action === 'create' && { object: ordered(withoutUnknownOwner(object)) }),
    ...(action === 'change' && { fields: change.fields }),
  }
}
