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

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}
