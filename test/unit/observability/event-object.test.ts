import { expect } from 'chai'
import fc from 'fast-check'
import { cutText, eventName, namespaceOf } from '../../../src/observability/event-object.ts'

const uuid = '0a1b2c3d-4e5f-4678-9abc-def012345678'
const named = (name: string) => ({ apiVersion: 'v1', kind: 'Thing', name })

describe('an event', () => {
  it('is named after its object where a name allows it', () => {
    expect(eventName(named('acme'), uuid)).to.equal('acme.9abcdef012345678')
    for (const name of ['tenant-isolation:acme', 'Capitals', '-a', 'a'.repeat(250), ''])
      expect(eventName(named(name), uuid), name).to.equal(uuid)
  })

  it('is in the namespace of its object, and in default for objects of the cluster', () => {
    expect(namespaceOf({ ...named('a'), namespace: 'acme-web' })).to.equal('acme-web')
    expect([namespaceOf(named('a')), namespaceOf({ ...named('a'), namespace: '' })]).to.deep.equal(['default', 'default'])
  })
})

describe('a note that is too long', () => {
  it('is cut at a space if there is one near the end', () => {
    expect(cutText('a few words here', 16)).to.equal('a few words here')
    expect(cutText('a few words here', 15)).to.equal('a few words…')
    expect(cutText('a few words here', 13)).to.equal('a few…')
    expect(cutText('x'.repeat(20), 10)).to.equal(`${'x'.repeat(7)}…`)
    expect(cutText(`a ${'x'.repeat(100)}`, 60)).to.equal(`a ${'x'.repeat(55)}…`)
  })

  it('is still text: never more bytes than allowed, never half a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 5, maxLength: 400, size: 'max' }),
        fc.integer({ min: 10, max: 200 }),
        (text, bytes) => {
          const cut = cutText(text, bytes)
          expect(Buffer.byteLength(cut)).to.be.at.most(bytes)
          expect(cut.isWellFormed()).to.equal(true)
          if (Buffer.byteLength(text) <= bytes) expect(cut).to.equal(text)
          else expect(text.startsWith(cut.slice(0, -1)) && cut.endsWith('…')).to.equal(true)
        },
      ),
    )
  })
})
