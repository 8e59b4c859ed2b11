/** The text of the pod policies: what the API server finds out only when it evaluates them, and then by refusing a pod. */

import { expect } from 'chai'
import { mutatingPolicies, validatingPolicies } from '../../../src/admission/policies.ts'
import { RULES } from '../../../src/admission/rules/rules.ts'
import { rules } from '../../../src/api/pod-security/rules.ts'

type Policy = {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly variables?: readonly { readonly name: string; readonly expression: string }[]
    readonly validations?: readonly { readonly expression: string; readonly messageExpression?: string }[]
    readonly auditAnnotations?: readonly { readonly valueExpression: string }[]
    readonly mutations?: readonly { readonly jsonPatch: { readonly expression: string } }[]
  }
}

const policies = [...validatingPolicies(), ...mutatingPolicies()] as unknown as readonly Policy[]

/** The names of the variables that the expression uses, and those that they use. */
function reachable(expression: string, variables: ReadonlyMap<string, string>): ReadonlySet<string> {
  const found = new Set<string>()
  const waiting = [expression]
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    for (const [, name = ''] of text.matchAll(/\bvariables\.(\w+)/g)) {
      if (!found.has(name)) waiting.push(variables.get(name) ?? '')
      found.add(name)
    }
  }
  return found
}

/** What stands in the parentheses of each comprehension. */
function comprehensions(expression: string): readonly string[] {
  return [...expression.matchAll(/\.(map|filter|all|exists|exists_one|transformList|transformMap)\(/g)].map(({ index, 0: head }) => {
    const start = index + head.length
    let depth = 1
    let end = start
    for (; depth > 0; end += 1) depth += expression[end] === '(' ? 1 : expression[end] === ')' ? -1 : 0
    return expression.slice(start, end - 1)
  })
}

for (const { metadata, spec } of policies) {
  describe(`the policy ${metadata.name}`, () => {
    const variables = new Map((spec.variables ?? []).map(({ name, expression }) => [name, expression]))
    const messages = [
      ...(spec.validations ?? []).flatMap(({ messageExpression }) => (messageExpression === undefined ? [] : [messageExpression])),
      ...(spec.auditAnnotations ?? []).map(({ valueExpression }) => valueExpression),
    ]
    const results = [
      ...(spec.validations ?? []).map(({ expression }) => expression),
      ...(spec.mutations ?? []).map(({ jsonPatch }) => jsonPatch.expression),
    ]
    const all = [...variables.values(), ...messages, ...results]

    it('asks the authorizer for no message: there is none, and the message would be lost', () => {
      const asking = messages.filter((message) =>
        [message, ...[...reachable(message, variables)].map((name) => variables.get(name) ?? '')].some((text) =>
          /\bauthorizer\b/.test(text),
        ),
      )
      expect(asking).to.deep.equal([])
      // The test sees what it is about.
      expect(results.some((text) => [...reachable(text, variables)].some((name) => variables.get(name)?.includes('authorizer')))).to.equal(
        true,
      )
    })

    it('asks the authorizer at most twice in one variable, and never in a comprehension', () => {
      for (const expression of all) expect(expression.split('.check(').length - 1, expression.slice(0, 100)).to.be.at.most(2)
      expect(all.flatMap(comprehensions).filter((inner) => inner.includes('check('))).to.deep.equal([])
    })

    it('uses a variable only after it was defined, and no variable for nothing', () => {
      const seen = new Set<string>()
      for (const [name, expression] of variables) {
        for (const [, used = ''] of expression.matchAll(/\bvariables\.(\w+)/g)) expect(seen, `${used} in ${name}`).to.include(used)
        seen.add(name)
      }
      const used = new Set([...messages, ...results].flatMap((expression) => [...reachable(expression, variables)]))
      expect([...variables.keys()].filter((name) => !used.has(name))).to.deep.equal([])
    })

    it('fits into the annotation in which kubectl apply keeps it', () => {
      expect(JSON.stringify({ metadata, spec }).length).to.be.below(256 * 1024)
    })
  })
}

describe('the rules', () => {
  it('cover every field of a profile, each once', () => {
    const fields = RULES.flatMap((rule) => rule.fields)
    expect([...fields].sort()).to.deep.equal(Object.keys(rules.shape).sort())
  })

  it('have names of their own', () => {
    expect(new Set(RULES.map(({ name }) => name)).size).to.equal(RULES.length)
  })
})
