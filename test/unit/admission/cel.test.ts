import { expect } from 'chai'
import fc from 'fast-check'
import { and, cel, concat, member, not, or, variable, withoutVariables } from '../../../src/admission/cel.ts'

describe('the tag cel', () => {
  it('puts expressions in as they are, and values as literals', () => {
    const name = variable('containers')
    expect(cel`${name}.exists(c, c.name == ${'main'} && c.port in ${[80, 443]} && ${true})`.cel).to.equal(
      "variables.containers.exists(c, c.name == 'main' && c.port in [80, 443] && true)",
    )
  })

  it('gives the values of a map no common type', () => {
    expect(cel`${{ rule: 'MustRunAs', ranges: [{ min: 1 }], nothing: undefined }}`.cel).to.equal(
      "{'rule': dyn('MustRunAs'), 'ranges': dyn([{'min': dyn(1)}])}",
    )
  })

  it('lets no text out of its quotes', () => {
    expect(cel`${'it\'s "x" \\ \n '}`.cel).to.equal(String.raw`'it\'s "x" \\ \n '`)
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("'", '"', '\\', '\n', '\r', '\t', '\u0000', 'a', '`', '$', '{', '\u2028') }),
        (text) => {
          const literal = cel`${text}`.cel
          // One literal in quotes, with no quote and no line break in it that is not escaped.
          expect(literal).to.match(/^'([^'\\\n\r]|\\.)*'$/)
          // And it reads as the text again: the escapes are those of JSON.
          expect(JSON.parse(`"${literal.slice(1, -1).replaceAll("\\'", "'").replaceAll('"', '\\"')}"`)).to.equal(text)
        },
      ),
    )
  })

  it('refuses what is no value', () => {
    expect(() => cel`${0.5}`).to.throw('not a whole number')
    expect(() => cel`${undefined as never}`).to.throw('not a value')
    expect(() => variable("x'")).to.throw('no name')
    expect(() => member(cel`x`, 'a.b')).to.throw('no name')
  })
})

describe('conditions', () => {
  it('keep their parts together', () => {
    expect(not(or(cel`a && b`, and(cel`c || d`, cel`e`))).cel).to.equal('!(((a && b) || (((c || d) && (e)))))')
  })

  it('and lists are one after the other', () => {
    expect(concat([cel`a`, cel`b`]).cel).to.equal('a +\nb')
    expect(concat([]).cel).to.equal('[]')
  })
})

describe('an expression without the variables of the policy', () => {
  const variables = [
    { name: 'spec', expression: cel`object.spec` },
    { name: 'specs', expression: cel`[${variable('spec')}]` },
    { name: 'unused', expression: cel`1 / 0` },
    { name: 'names', expression: cel`${variable('specs')}.map(s, s.name)` },
  ]

  it('binds those that it uses, and those that they use, in their order', () => {
    expect(withoutVariables(cel`size(${variable('names')}) > size(${variable('spec')}.x)`, variables).cel).to.equal(
      '[object.spec].map(spec_, [[spec_]].map(specs_, [specs_.map(s, s.name)].map(names_, size(names_) > size(spec_.x))[0])[0])[0]',
    )
  })

  it('is the same where it uses none', () => {
    expect(withoutVariables(cel`object.variables_spec`, variables).cel).to.equal('object.variables_spec')
  })
})
