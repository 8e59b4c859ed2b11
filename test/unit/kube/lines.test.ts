import { expect } from 'chai'
import fc from 'fast-check'
import { createLineSplitter, LineTooLongError } from '../../../src/kube/lines.ts'

/** Splits `bytes` at the given places and feeds the pieces one by one. */
function split(bytes: Buffer, cuts: readonly number[], maxLineBytes?: number): { lines: string[]; rest: string } {
  const splitter = createLineSplitter(maxLineBytes)
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const lines: string[] = []
  let from = 0
  for (const to of [...places, bytes.length]) {
    lines.push(...splitter.push(bytes.subarray(from, to)))
    from = to
  }
  return { lines, rest: splitter.rest() }
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((line) => line.replaceAll('\n', ' '))

describe('the line splitter', () => {
  it('gives the same lines however the bytes are cut into chunks, also inside a character', () => {
    fc.assert(
      fc.property(fc.array(text), text, fc.array(fc.nat()), (lines, rest, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join('') + rest)
        const whole = { lines: lines.filter((line) => line !== ''), rest }
        expect(split(bytes, cuts)).to.deep.equal(whole)
        expect(
          split(
            bytes,
            Array.from(bytes, (_, index) => index),
          ),
        ).to.deep.equal(whole)
      }),
    )
  })

  it('splits at newlines only, not at other line separators that JSON strings may hold', () => {
    expect(split(Buffer.from('"a\u2028b\u2029c\r"\n'), []).lines).to.deep.equal(['"a\u2028b\u2029c\r"'])
  })

  it('takes chunks that are views into larger buffers', () => {
    const bytes = Buffer.from('xxab\ncdyy')
    const splitter = createLineSplitter()
    expect(splitter.push(new Uint8Array(bytes.buffer, bytes.byteOffset + 2, 5))).to.deep.equal(['ab'])
    expect(splitter.rest()).to.equal('cd')
  })

  it('refuses a line over the limit, however it is cut, and no line at the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { minLength: 1 }), fc.array(fc.nat()), (lengths, cuts) => {
        const bytes = Buffer.from(lengths.map((length) => `${'x'.repeat(length)}\n`).join(''))
        const run = () => split(bytes, cuts, 10)
        if (lengths.some((length) => length > 10)) expect(run).to.throw(LineTooLongError)
        else expect(run().lines).to.have.length(lengths.filter((length) => length > 0).length)
      }),
    )
  })

  it('counts bytes and not characters', () => {
    expect(() => split(Buffer.from('üüü\n'), [], 5)).to.throw(LineTooLongError)
    expect(split(Buffer.from('üüü\n'), [], 6).lines).to.deep.equal(['üüü'])
  })
})
