/** api/constraint.ts — a rule of the schema that is said once and holds twice: in the API server (CEL) and offline (Zod). */

import type { z } from 'zod'

export type Constraint<T> = {
  /** What the API server evaluates; `self` is the value. */
  readonly cel: string
  /**
   * One sentence that says what to do. The API server puts the field's path and its value before it, and so do we. It is fixed text:
   * a messageExpression that showed a better value costs more than the API server's budget for all rules together.
   */
  readonly message: string
  /** The same in TypeScript: whether `value` keeps the rule, or the sentence that says how it breaks it. */
  readonly holds: (value: T) => boolean | string
}

/** The schema with the rules: checked by Zod, and carried into the CRD as x-kubernetes-validations. */
export function constrained<S extends z.ZodType>(schema: S, ...constraints: Constraint<z.output<S>>[]): S {
  let result = schema
  for (const { holds, message } of constraints) {
    result = result.superRefine((value, context) => {
      const verdict = holds(value)
      if (verdict !== true) context.addIssue({ code: 'custom', message: verdict === false ? message : verdict })
    }) as S
  }
  const validations = constraints.map(({ cel, message }) => ({ rule: cel, message }))
  return result.meta({ ...schema.meta(), 'x-kubernetes-validations': validations }) as S
}

/**
 * The text, if `pattern` matches it. A rule and not OpenAPI's `pattern`, to which the API server answers with the regular
 * expression. Go's RE2 has to read it, too: nothing that looks around or back.
 */
export function matching<S extends z.ZodType<string>>(text: S, pattern: RegExp, message: string): S {
  return constrained(text, { cel: celMatches('self', pattern), message, holds: (value) => pattern.test(value) })
}

/** CEL for "`pattern` matches `expression`". */
export function celMatches(expression: string, pattern: RegExp): string {
  return `${expression}.matches(r'${pattern.source}')`
}

/** How `kubectl apply` and server-side apply merge a list; every list says it, for otherwise it is replaced whole. */
export function listType<S extends z.ZodType<readonly unknown[]>>(schema: S, type: 'atomic' | 'set' | { readonly mapKey: string }): S {
  if (type === 'atomic') return schema.meta({ ...schema.meta(), 'x-kubernetes-list-type': type }) as S
  const merge =
    type === 'set' ? { 'x-kubernetes-list-type': type } : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [type.mapKey] }
  return withoutDuplicates(schema, (item) => (type === 'set' ? item : (item as Record<string, unknown>)[type.mapKey])).meta({
    ...schema.meta(),
    ...merge,
  }) as S
}

/** The API server refuses duplicates by itself, in sets and in maps. */
function withoutDuplicates<S extends z.ZodType<readonly unknown[]>>(schema: S, keyOf: (item: unknown) => unknown): S {
  return schema.superRefine((items, context) => {
    const seen = new Set<unknown>()
    for (const [index, item] of items.entries()) {
      const key = keyOf(item)
      if (seen.has(key))
        context.addIssue({ code: 'custom', path: [index], message: `Duplicate value: ${String(key)}; write each only once` })
      seen.add(key)
    }
  }) as S
}

/** Says what to do about an empty list, where the `minItems` of OpenAPI would only count. */
export function atLeastOne<S extends z.ZodType<readonly unknown[]>>(list: S, message: string): S {
  return constrained(list, { cel: 'size(self) > 0', message, holds: (items) => items.length > 0 })
}
