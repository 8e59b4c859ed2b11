/** admission/guards/code.ts — names of ours in expressions. */

import type { Cel } from '../cel.ts'

/** The name of a field or a variable, which goes into an expression as it is. Never a user's text. */
export function code(name: string): Cel {
  if (!/^[a-zA-Z][a-zA-Z_.]*$/.test(name)) throw new Error(`${name} is no name in CEL`)
  return { cel: name }
}
