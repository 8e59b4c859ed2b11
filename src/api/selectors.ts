/** api/selectors.ts — Kubernetes label selectors: their schema, and what they match. */

import { z } from 'zod'
import { compareText } from './canonical.ts'
import { celMatches, constrained, listType } from './constraint.ts'
import { NAMESPACE_NAME_LABEL } from './labels.ts'

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const NAME = '[A-Za-z0-9]([-\\w.]{0,61}[A-Za-z0-9])?'

/** An optional DNS subdomain and a slash, then a name of at most 63 characters (apimachinery IsQualifiedName). */
const LABEL_KEY = new RegExp(`^(${DNS_LABEL}([.]${DNS_LABEL})*[/])?${NAME}$`)
/** A DNS subdomain has at most 253 characters; so has what is before the slash of a key that is no longer than this. */
const MAX_LABEL_KEY = 255
const A_LABEL_KEY = 'at most 63 letters, digits, -, _ and ., and before them, if wanted, a DNS subdomain and a slash'

const MAX_LABEL_VALUE = 63
const LABEL_VALUE = /^([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?$/
const A_LABEL_VALUE = 'at most 63 letters, digits, -, _ and ., with a letter or a digit at both ends; the empty one is written ""'

/** Whether Kubernetes takes `text` as the key of a label. */
export function isLabelKey(text: string): boolean {
  return text.length <= MAX_LABEL_KEY && LABEL_KEY.test(text)
}

/** Whether Kubernetes takes `text` as the value of a label. */
export function isLabelValue(text: string): boolean {
  return text.length <= MAX_LABEL_VALUE && LABEL_VALUE.test(text)
}

const MAX_LABELS = 16
const MAX_EXPRESSIONS = 16
const MAX_VALUES = 64

/**
 * Checked by OpenAPI's pattern, to which the API server answers with the regular expression: there may be so many keys and values
 * in a resource that rules with a sentence would cost up to 55 times the API server's budget.
 */
const labelKey = z.string().max(MAX_LABEL_KEY).regex(LABEL_KEY, `should match '${LABEL_KEY.source}': ${A_LABEL_KEY}`)
const labelValue = z.string().max(MAX_LABEL_VALUE).regex(LABEL_VALUE, `should match '${LABEL_VALUE.source}': ${A_LABEL_VALUE}`)

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

const NO_VALUE = `a label without a value matches nothing here, not even the empty value; write a value: ${A_LABEL_VALUE}`

/**
 * As far as OpenAPI goes, a value may be null (`app:` with nothing behind it, in YAML). Otherwise the API server would drop the
 * label before it looks, and the selector would match more than is written; so it stays, and a rule of the map refuses it.
 */
const nullableLabelValue = z
  .string({ error: ({ input }) => (input === null ? NO_VALUE : undefined) })
  .max(MAX_LABEL_VALUE)
  .regex(LABEL_VALUE, `should match '${LABEL_VALUE.source}': ${A_LABEL_VALUE}`)
  .meta({ nullable: true })

const matchLabels = constrained(
  z
    .record(z.string(), nullableLabelValue)
    .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `must have at most ${MAX_LABELS} items`)
    .meta({ maxProperties: MAX_LABELS }),
  {
    cel: `self.all(key, size(key) <= ${MAX_LABEL_KEY} && ${celMatches('key', LABEL_KEY)})`,
    message: `each name here must be a label key: ${A_LABEL_KEY}`,
    holds: (labels) => {
      const wrong = Object.keys(labels).find((key) => !isLabelKey(key))
      return wrong === undefined || `${wrong} is not a label key: ${A_LABEL_KEY}`
    },
  },
  { cel: 'self.all(key, type(self[key]) == string)', message: NO_VALUE, holds: () => true },
)

const selectorFields = {
  matchLabels: matchLabels.optional().describe('Labels with the values that they must have; all of them.'),
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

/** The same selector of namespaces, but for those of these names. */
export function withoutNamespaces(selector: LabelSelector, names: readonly string[]): LabelSelector {
  const values = [...new Set(names)].sort(compareText)
  if (values.length === 0) return selector
  return {
    ...selector,
    matchExpressions: [...(selector.matchExpressions ?? []), { key: NAMESPACE_NAME_LABEL, operator: 'NotIn', values }],
  }
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
