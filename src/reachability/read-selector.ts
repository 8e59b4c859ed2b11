/** reachability/read-selector.ts — a label selector as a policy has it; refusals as in apimachinery's ValidateLabelSelector. */

import { canonicalJson } from '../api/canonical.ts'
import { isLabelKey, isLabelValue, type LabelRequirement } from '../api/selectors.ts'
import type { Selector } from './policy.ts'
import { fieldsOf, listOf, onlyFields, type Report, stringsOf, textOf } from './problems.ts'

/** Nothing, null and {} are the empty selector, which matches everything. */
export function selectorAt(value: unknown, field: string, report: Report): Selector {
  const fields = fieldsOf(value, field, report)
  onlyFields(fields, ['matchLabels', 'matchExpressions'], field, report)
  const matchLabels = matchLabelsAt(fields.matchLabels, `${field}.matchLabels`, report)
  const matchExpressions = listOf(fields.matchExpressions, `${field}.matchExpressions`, report).map((item, index) =>
    requirementAt(item, `${field}.matchExpressions[${index}]`, report),
  )
  const selector = {
    ...(Object.keys(matchLabels).length > 0 && { matchLabels }),
    ...(matchExpressions.length > 0 && { matchExpressions }),
  }
  return { text: canonicalJson(selector), selector }
}

function matchLabelsAt(value: unknown, field: string, report: Report): Record<string, string> {
  // A label without a value would be dropped here as null, and the selector would match more than is written.
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, item] of Object.entries(value))
      if (item === null) report(`${field}[${key}]`, 'has no value; write "" for the empty one')
  }
  const labels = stringsOf(value, field, report)
  for (const [key, item] of Object.entries(labels)) {
    if (!isLabelKey(key)) report(`${field}[${key}]`, 'is not a label key')
    if (!isLabelValue(item)) report(`${field}[${key}]`, `${JSON.stringify(item)} is not a label value`)
  }
  return { ...labels }
}

const TAKES_VALUES = new Map([
  ['In', true],
  ['NotIn', true],
  ['Exists', false],
  ['DoesNotExist', false],
])

function requirementAt(value: unknown, field: string, report: Report): LabelRequirement {
  const fields = fieldsOf(value, field, report)
  onlyFields(fields, ['key', 'operator', 'values'], field, report)
  const key = textOf(fields.key, `${field}.key`, report)
  if (key !== '' && !isLabelKey(key)) report(`${field}.key`, `${JSON.stringify(key)} is not a label key`)
  const values = listOf(fields.values, `${field}.values`, report).map((item, index) => {
    if (typeof item !== 'string' || !isLabelValue(item)) report(`${field}.values[${index}]`, `${JSON.stringify(item)} is not a label value`)
    return String(item)
  })
  const takesValues = TAKES_VALUES.get(String(fields.operator))
  if (takesValues === undefined) report(`${field}.operator`, `supported values: ${[...TAKES_VALUES.keys()].join(', ')}`)
  else if (takesValues && values.length === 0) report(`${field}.values`, 'must list at least one value for In and NotIn')
  else if (!takesValues && values.length > 0) report(`${field}.values`, 'must be left out for Exists and DoesNotExist')
  return { key, operator: fields.operator as LabelRequirement['operator'], ...(values.length > 0 && { values }) }
}
