/** api/selectors.ts — Kubernetes label selectors: their schema, and what they match. */

import { z } from 'zod'
import { constrained, listType } from './constraint.ts'

const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]'
const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'

/** A label's key: an optional DNS subdomain and a slash, then a name of at most 63 characters (apimachinery IsQualifiedName). */
const LABEL_KEY = new RegExp(`^(${DNS_LABEL}(\\.${DNS_LABEL})*/)?${NAME}$`)
const LABEL_VALUE = new RegExp(`^(${NAME})?$`)

const MAX_LABELS = 16
const MAX_EXPRESSIONS = 16
const MAX_VALUES = 64

const labelKey = z
  .string()
  .min(1)
  .max(317)
  .regex(LABEL_KEY, 'write a label key: an optional DNS prefix and a slash, then letters, digits, -, _ and .')
const labelValue = z.string().max(63).regex(LABEL_VALUE, 'write a label value: at most 63 letters, digits, -, _ and .')

const requirement = constrained(
  z.strictObject({
    key: labelKey.describe('The label that the requirement is about.'),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
      .describe(
        'In and NotIn compare with values; Exists and DoesNotExist take none. NotIn and DoesNotExist also match what lacks the label.',
      ),
    values: listType(z.array(labelValue).max(MAX_VALUES), 'atomic')
      .optional()
      .describe('For In and NotIn: at least one. Otherwise leave it out.'),
  }),
  {
    cel: "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
    message: 'values must list at least one value for In and NotIn, and must be left out for Exists and DoesNotExist',
    holds: ({ operator, values = [] }) => (operator === 'In' || operator === 'NotIn') === values.length > 0,
  },
)

const selectorFields = {
  matchLabels: z
    .record(labelKey, labelValue)
    .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `must have at most ${MAX_LABELS} items`)
    .meta({ maxProperties: MAX_LABELS })
    .optional()
    .describe('Labels with the values that they must have; all of them.'),
  matchExpressions: listType(z.array(requirement).max(MAX_EXPRESSIONS), 'atomic')
    .optional()
    .describe('Requirements on labels; all of them must hold.'),
}

/** A label selector as NetworkPolicy knows it: the empty one matches everything. */
export const labelSelector = z.strictObject(selectorFields)
export type LabelSelector = z.output<typeof labelSelector>
export type LabelRequirement = z.output<typeof requirement>

/** A label selector that says something. */
export const nonEmptyLabelSelector = constrained(labelSelector, {
  cel: '(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)',
  message: 'an empty selector would take every namespace of the cluster; name at least one label in matchLabels or matchExpressions',
  holds: (selector) => !isEmptySelector(selector),
})

export type Labels = Readonly<Record<string, string>>

/** Whether the selector says nothing, and so matches everything. */
export function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}

/**
 * Whether an object with these labels is selected (apimachinery LabelSelectorAsSelector): everything is ANDed, NotIn and
 * DoesNotExist also match what lacks the key, and the empty selector matches everything.
 */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector
  for (const key in matchLabels) if (labelOf(labels, key) !== matchLabels[key]) return false
  return matchExpressions.every((requirement) => meets(requirement, labelOf(labels, requirement.key)))
}

function meets({ operator, values = [] }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
  }
}

/** A label named like a member of Object.prototype ("constructor") is only there when it was written. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}
