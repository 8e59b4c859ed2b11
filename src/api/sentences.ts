/** api/sentences.ts — what Zod found wrong, for people. */

import type { z } from 'zod'

/** The issues of a Zod error in the words of the API server: the path of the field, a colon, what to do. */
export function sentences(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${pathText([...issue.path, key])}: unknown field`)
    const at = pathText(issue.path)
    return [at === '' ? issue.message : `${at}: ${issue.message}`]
  })
}

/** For Zod's `error`: where a schema brings no message of its own, the words of the API server. Undefined: Zod's. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined) return 'Required value'
  switch (issue.code) {
    case 'invalid_type':
      return `must be of type ${TYPES.get(issue.expected) ?? issue.expected}`
    case 'invalid_value':
      return choice(issue.values, issue.input)
    case 'too_big':
      return tooBig(issue.origin, issue.maximum)
    case 'too_small':
      return `should be at least ${issue.minimum}`
    default:
      return undefined
  }
}

/** Zod's names of types that OpenAPI calls otherwise. */
const TYPES = new Map<string, string>([
  ['int', 'integer'],
  ['number', 'integer'],
  ['record', 'object'],
])

function choice(values: readonly unknown[], input: unknown): string {
  const supported = `supported values: ${values.map((value) => JSON.stringify(value)).join(', ')}`
  if (typeof input === 'string') return supported
  return `must be of type string; ${supported}`
}

function tooBig(origin: string, maximum: number | bigint): string {
  if (origin === 'array') return `must have at most ${maximum} items`
  if (origin === 'string') return `may not be more than ${maximum} characters`
  return `should be at most ${maximum}`
}

/** `spec.network.ingress[0].from`; what is not a plain name stands in brackets: `matchLabels[example.com/app]`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'string' && /^\w+$/.test(part) ? `.${part}` : `[${String(part)}]`))
    .join('')
    .replace(/^\./, '')
}
