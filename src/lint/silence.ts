/** lint/silence.ts — annotations that silence a code on one object, with a reason: `tenant-isolation.dev/lint-ignore: TI003=the office`. */

import { LINT_IGNORE_ANNOTATION } from '../api/labels.ts'
import { type Finding, type Found, type ObjectRef, refText } from './finding.ts'

/** An object that may carry the annotation. */
export type Annotated = ObjectRef & { readonly annotations: Readonly<Record<string, unknown>> }

export type Silenced = Finding & { readonly reason: string }

/** TI012 is about the annotations themselves. */
export const SILENCE_RULE = {
  code: 'TI012',
  name: 'SilenceWithoutEffect',
  severity: 'warning',
  summary: 'an annotation that silences a code is not understood, gives no reason, or silences nothing',
} as const

type Entry = { readonly object: ObjectRef; readonly code: string; readonly reason: string }

/** The findings that stay, those that are silenced, and what is wrong with the annotations. */
export function applySilences(
  findings: readonly Finding[],
  annotated: readonly Annotated[],
  codes: readonly string[],
): { readonly findings: readonly Finding[]; readonly silenced: readonly Silenced[] } {
  const read = annotated.flatMap((object) => entriesOf(object, codes))
  const problems = read.flatMap((entry) => ('message' in entry ? [entry] : []))
  const entries = read.flatMap((entry) => ('message' in entry ? [] : [entry]))
  const used = new Set<Entry>()
  const silenced: Silenced[] = []
  const kept = findings.filter((finding) => {
    const on = refText(finding.silencedOn ?? finding.object)
    const entry = entries.find(({ object, code }) => code === finding.code && refText(object) === on)
    if (!entry) return true
    used.add(entry)
    silenced.push({ ...finding, reason: entry.reason })
    return false
  })
  const idle = entries.filter((entry) => !used.has(entry)).map(({ object, code }) => idleOf(object, code))
  const { code, name, severity } = SILENCE_RULE
  return { findings: [...kept, ...[...problems, ...idle].map((found) => ({ ...found, code, name, severity }))], silenced }
}

const FIELD = `metadata.annotations[${LINT_IGNORE_ANNOTATION}]`

function idleOf(object: ObjectRef, code: string): Found {
  return { object, field: FIELD, message: `silences ${code}, of which there is nothing to silence here (any more); take it away` }
}

/** CODE=REASON, several of them with semicolons or on lines of their own. */
function entriesOf({ annotations, ...object }: Annotated, codes: readonly string[]): readonly (Entry | Found)[] {
  const text = Object.hasOwn(annotations, LINT_IGNORE_ANNOTATION) ? annotations[LINT_IGNORE_ANNOTATION] : undefined
  if (typeof text !== 'string') return []
  const parts = text
    .split(/[;\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length === 0) return [{ object, field: FIELD, message: `is empty; write CODE=REASON, such as ${EXAMPLE}, or take it away` }]
  return parts.map((part): Entry | Found => {
    const [, code = '', reason = ''] = /^([^=\s]*)\s*=\s*(.*)$/.exec(part) ?? [undefined, part]
    if (!codes.includes(code))
      return {
        object,
        field: FIELD,
        message: `${JSON.stringify(code)} is no code that can be silenced; write CODE=REASON, such as ${EXAMPLE}`,
      }
    if (reason === '')
      return { object, field: FIELD, message: `gives no reason to silence ${code}; write one behind it, such as ${code}=why that is fine` }
    return { object, code, reason }
  })
}

const EXAMPLE = 'TI003=the office may use every port'
