/** How mutants are made. What is not found here is broken by nobody, and so seen by nobody either. */

import { expect } from 'chai'
import { guardPolicies } from '../../../src/admission/guards/guards.ts'
import { validatingPolicies } from '../../../src/admission/policies.ts'
import { type Node, parseCel } from '../../support/mutants/cel-tree.ts'
import { type Counts, editsOf } from '../../support/mutants/mutations.ts'
import { Schema } from '../../support/mutants/schema.ts'

const POLICIES = [...validatingPolicies(), ...guardPolicies()] as unknown as readonly {
  readonly spec: {
    readonly matchConditions?: readonly { readonly expression: string }[]
    readonly variables?: readonly { readonly expression: string }[]
    readonly validations: readonly { readonly expression: string; readonly messageExpression?: string }[]
  }
}[]

const EXPRESSIONS = POLICIES.flatMap(({ spec: { matchConditions = [], variables = [], validations } }) => [
  ...[...matchConditions, ...variables, ...validations].map(({ expression }) => expression),
  ...validations.flatMap(({ messageExpression }) => messageExpression ?? []),
])

/** What becomes of the expression, one change at a time. */
function mutantsOf(text: string, counts: Counts = 'value'): readonly string[] {
  return editsOf(parseCel(text), text, counts).map(({ node, becomes }) => text.slice(0, node.start) + becomes + text.slice(node.end))
}

describe('an expression as a tree', () => {
  it('is the text again, for every expression of our policies', () => {
    expect(EXPRESSIONS.length).to.be.greaterThan(100)
    for (const text of EXPRESSIONS) {
      const root = parseCel(text)
      expect([root.start, root.end]).to.deep.equal([0, text.length])
      for (const node of everyPart(root))
        for (const part of node.parts) expect(part.start >= node.start && part.end <= node.end).to.equal(true)
    }
  })

  it('binds as CEL does', () => {
    expect(shape('a || b && !c == d + e')).to.equal('(|| a (&& b (== (not c) (+ d e))))')
    expect(shape('a ? b : c ? d : e')).to.equal('(? a b (? c d e))')
    expect(shape("x.?y[?'k'].orValue([1, 2]).all(v, v in [f(z)])")).to.equal(
      "(.all (.orValue ([? (.y x) 'k') ([] 1 2)) v (in v ([] (f z))))",
    )
    expect(() => parseCel('a &&')).to.throw('expected')
    expect(() => parseCel('a # b')).to.throw('no CEL')
  })
})

describe('the mutants of an expression', () => {
  it('take each part of a condition away, or what it is one of', () => {
    expect(mutantsOf('a.x && (b.y || !c.z)')).to.have.members([
      'true',
      'false',
      'true && (b.y || !c.z)',
      'a.x && true',
      'a.x && (false || !c.z)',
      'a.x && (b.y || false)',
    ])
  })

  it('take each branch, and each fallback, the other way round', () => {
    expect(mutantsOf("a.?x.orValue(true) ? [b] : [c.?y.orValue('z')]")).to.have.members([
      "true ? [b] : [c.?y.orValue('z')]",
      "false ? [b] : [c.?y.orValue('z')]",
      "a.?x.orValue(false) ? [b] : [c.?y.orValue('z')]",
      "a.?x.orValue(true) ? [b] : [c.?y.orValue('')]",
    ])
    expect(mutantsOf('a.?x.or(b.?x)')).to.have.members(['a.?x', 'b.?x'])
  })

  it('move each bound, and ask of all what is asked of one', () => {
    expect(mutantsOf('l.exists(x, x >= a && x < b)')).to.include.members([
      '(size(l) > 0 && l.all(x, x >= a && x < b))',
      'l.exists(x, x > a && x < b)',
      'l.exists(x, x >= a && x <= b)',
      'l.exists(x, true && x < b)',
    ])
  })

  it('leave out each item of a list, and each list of a sum', () => {
    expect(mutantsOf("x in ['a', 'b', 'c']")).to.include.members(["x in ['b', 'c']", "x in ['a', 'c']", "x in ['a', 'b']"])
    expect(mutantsOf('a.?x.orValue([]) + b.y')).to.have.members(['[] + b.y', 'a.?x.orValue([]) + []'])
    expect(mutantsOf("(a.b + '/').replace('x', 'y')")).to.have.members(["(a.b + '/')", "(a.b + '').replace('x', 'y')"])
  })

  it('leave the words of sentences alone', () => {
    expect(
      mutantsOf("(a ? [b == 'x' ? 'long' : 'short'] : []) + l.filter(c, c.bad).map(c, c.ok ? 'x' : 'y')", 'emptiness'),
    ).to.have.members([
      "[] + l.filter(c, c.bad).map(c, c.ok ? 'x' : 'y')",
      "(a ? [b == 'x' ? 'long' : 'short'] : []) + []",
      "(true ? [b == 'x' ? 'long' : 'short'] : []) + l.filter(c, c.bad).map(c, c.ok ? 'x' : 'y')",
      "(false ? [b == 'x' ? 'long' : 'short'] : []) + l.filter(c, c.bad).map(c, c.ok ? 'x' : 'y')",
    ])
  })

  it('do not take away what only keeps from an error', () => {
    expect(mutantsOf('has(a.x) && a.x.y')).to.have.members(['true', 'false', 'has(a.x) && true'])
    expect(mutantsOf('k in m && m[k].x')).to.have.members(['true', 'false', 'k in m && true'])
  })

  it('are all in one expression, each with a number', () => {
    const schema = new Schema({ first: 7 })
    expect(schema.write('a.x || a.x && b.y', 'value')).to.equal(
      '(mutant == 7 ? true : mutant == 8 ? false : (mutant == 9 ? false : a.x) || (mutant == 10 ? false : (mutant == 11 ? true : a.x) && (mutant == 12 ? true : b.y)))',
    )
    expect(schema.mutants).to.have.length(6)
    expect(new Set(schema.mutants).size).to.equal(6)
    // The same part in another expression is the same mutant.
    expect(schema.write('c && a.x', 'value')).to.include('mutant == 11 ? true : a.x')
  })
})

function everyPart(node: Node): readonly Node[] {
  return [node, ...node.parts.flatMap(everyPart)]
}

function shape(text: string): string {
  const of = ({ kind, name, parts }: Node): string =>
    parts.length === 0
      ? name
      : `(${kind === 'not' ? 'not' : kind === 'method' || kind === 'field' ? `.${name}` : name} ${parts.map(of).join(' ')})`
  return of(parseCel(text))
}
