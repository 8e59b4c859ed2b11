/** cli/input/kinds/metadata.ts — PURE: what all objects share, and how an object is read: understood, or sentences that say what is wrong. */

import { z } from 'zod'
import { hiddenMembers, withoutNulls } from '../../../api/members.ts'
import { sentences, wording } from '../../../api/sentences.ts'

/** `value`, or the fields that cannot be understood, each a sentence that begins with the field. */
export type Reading<T> = { readonly value: T } | { readonly violations: readonly string[] }

const strings = z.record(z.string(), z.string())

/** The part of ObjectMeta (apimachinery) that is read; the rest is dropped. */
export const metadata = z
  .object({
    name: z.string().min(1).optional(),
    generateName: z.string().optional(),
    namespace: z.string().optional(),
    labels: strings.default({}),
    annotations: strings.default({}),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    creationTimestamp: z.string().optional(),
    deletionTimestamp: z.string().optional(),
    ownerReferences: z
      .array(
        z.object({
          apiVersion: z.string(),
          kind: z.string(),
          name: z.string(),
          uid: z.string().optional(),
          controller: z.boolean().optional(),
        }),
      )
      .default([]),
  })
  .transform(({ name, generateName, ...others }, context) => {
    // The API server makes the name up; here it only has to be one.
    const known = name ?? (generateName === undefined ? undefined : `${generateName}*`)
    if (known === undefined) context.addIssue({ code: 'custom', path: ['name'], message: 'Required value' })
    return { name: known ?? '', ...others }
  })
export type Metadata = z.output<typeof metadata>

/** Reads objects of one kind. Members that are null count as absent, as they do for the API server. */
export function reader<S extends z.ZodType>(schema: S): (object: unknown) => Reading<z.output<S>> {
  return (object) => {
    const parsed = schema.safeParse(cleaned(object), { error: wording })
    const violations = [...hiddenMembers(object), ...(parsed.success ? [] : sentences(parsed.error))]
    return parsed.success && violations.length === 0 ? { value: parsed.data } : { violations }
  }
}

function cleaned(object: unknown): unknown {
  const value = withoutNulls(object)
  if (!isRecord(value) || !isRecord(value.metadata)) return value
  // Of a map of the user's, only the map itself may be null.
  return { ...value, metadata: Object.fromEntries(Object.entries(value.metadata).filter(([, member]) => member !== null)) }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
