/** judge/program.ts — a policy's variables and expressions, compiled once and evaluated for many pods: each variable when it is first used. */

import type { ParseResult } from '@marcbachmann/cel-js'
import type { Cel } from '../admission/cel.ts'
import type { Variable } from '../admission/policy.ts'
import type { Authorizer } from './authorizer.ts'
import { compile } from './dialect.ts'

/** What the API server gives a policy to read; values of CEL. */
export type Inputs = {
  readonly object: unknown
  readonly params: unknown
  readonly request: unknown
  readonly authorizer: Authorizer
}

/** An expression that reads the variables of its program. */
export type Expression = (inputs: Bound) => unknown

/** The inputs of one pod, with the variables that were worked out for it so far. */
export type Bound = Inputs & { readonly variables: unknown }

export type Program = {
  readonly bind: (inputs: Inputs) => Bound
  readonly compile: (expression: Cel) => Expression
}

/** Compiles a variable when it is first needed: most pods are let in, and need no words. */
export function programOf(variables: readonly Variable[]): Program {
  const texts = new Map(variables.map(({ name, expression }) => [name, expression.cel]))
  const compiled = new Map<string, ParseResult>()
  const compiledVariable = (name: string): ParseResult => {
    const known = compiled.get(name)
    if (known) return known
    const text = texts.get(name)
    if (text === undefined) throw new Error(`no variable is called ${name}`)
    const fresh = compile(text)
    compiled.set(name, fresh)
    return fresh
  }
  return {
    bind: (inputs) => {
      const values = new Map<string, unknown>()
      const bound: Bound = {
        ...inputs,
        // The library asks a map for its members by `get`.
        variables: Object.assign(new Map<string, unknown>(), {
          get: (name: string): unknown => {
            if (!values.has(name)) values.set(name, compiledVariable(name)(bound))
            return values.get(name)
          },
        }),
      }
      return bound
    },
    compile: ({ cel }) => {
      let expression: ParseResult | undefined
      return (bound) => {
        expression ??= compile(cel)
        return expression(bound)
      }
    },
  }
}
