/** docs/resource.md has every field of the CustomResourceDefinition, what is said of it, and every sentence with which it is refused. */

import { expect } from 'chai'
import { customResourceDefinition } from '../../../src/api/crd.ts'
import { resourcePage } from '../../../tools/docs/resource.ts'
import { page, rows } from '../../support/markdown.ts'

type Schema = {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[]
}

type Field = { readonly name: string; readonly schema: Schema }

/** Every field and every item, wherever it is, with the last part of its path. */
function fieldsIn(name: string, schema: Schema): readonly Field[] {
  const { properties = {}, items, additionalProperties } = schema
  const members = Object.entries(properties).flatMap(([member, child]) => fieldsIn(member, child))
  return [
    { name, schema },
    ...members,
    ...[items, additionalProperties].flatMap((inner) => (inner === undefined ? [] : fieldsIn('', inner))),
  ]
}

const { spec } = customResourceDefinition() as { spec: { versions: [{ schema: { openAPIV3Schema: Schema } }] } }
const { spec: asked = {}, status = {} } = spec.versions[0].schema.openAPIV3Schema.properties ?? {}
const FIELDS = [...fieldsIn('spec', asked), ...fieldsIn('status', status)]
const TEXT = page('docs/resource.md')
const plain = (text: string) => text.replaceAll('\\', '')

describe('docs/resource.md', () => {
  it('is what the schema says', () => {
    expect(TEXT).to.equal(resourcePage())
  })

  it('has a row for every field, with what it means', () => {
    const said = rows(TEXT).map(([path = '', , text = '']) => `${path.replace(/^.*[`.]([\w-]+)`$/, '$1')}: ${plain(text)}`)
    const described = FIELDS.filter(({ name, schema }) => !['', 'spec', 'status'].includes(name) && schema.description !== undefined)
    expect(described).to.have.length.greaterThan(100)
    for (const { name, schema } of described) {
      expect(
        said.some((row) => row.startsWith(`${name}: ${schema.description}`)),
        name,
      ).to.equal(true)
    }
  })

  it('leaves no field without a word about it', () => {
    const silent = FIELDS.filter(({ name, schema }) => name !== '' && schema.description === undefined).map(({ name }) => name)
    expect(silent).to.deep.equal([])
  })

  it('shows every sentence with which the API server refuses', () => {
    const sentences = FIELDS.flatMap(({ schema }) => (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message))
    expect(sentences).to.have.length.greaterThan(50)
    expect(sentences.filter((sentence) => !plain(TEXT).includes(sentence))).to.deep.equal([])
  })
})
