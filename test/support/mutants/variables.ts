/** support/mutants/variables.ts — variables of a policy, written out where they are used. */

import type { Variable } from '../../../src/admission/policy.ts'
import { parseCel } from './cel-tree.ts'
import { editsOf } from './mutations.ts'

/** The expression without those of the variables in which something can be changed. */
export function inlined(expression: string, variables: readonly Variable[]): string {
  const texts = new Map<string, string>()
  const withoutThem = (text: string) =>
    text.replaceAll(/\bvariables\.(\w+)\b/g, (reference, name: string) => (texts.has(name) ? `(${texts.get(name)})` : reference))
  for (const {
    name,
    expression: { cel: text },
  } of variables) {
    const whole = withoutThem(text)
    if (editsOf(parseCel(whole), whole, 'value').length > 0) texts.set(name, whole)
  }
  return withoutThem(expression)
}
