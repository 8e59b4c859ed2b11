import { expect } from 'chai'
import fc from 'fast-check'
import { objectsIn } from '../../../../src/cli/input/documents.ts'
import { ordered, yaml, yamlDocuments } from '../../../../src/cli/output/yaml.ts'

const SPEC = { egress: [], policyTypes: ['Ingress'], podSelector: {} }
const policy = (namespace: string) => ({
  spec: SPEC,
  metadata: { labels: { name: 'z', egress: 'a', app: 'b' }, namespace, name: 'tenant-isolation' },
  kind: 'NetworkPolicy',
  apiVersion: 'networking.k8s.io/v1',
})

/** Texts that YAML takes for something else when they stand without quotes. */
const tricky = fc.constantFrom(
  'yes',
  'no',
  'on',
  'Off',
  'y',
  'null',
  '~',
  '',
  '0123',
  '0x1f',
  '1e3',
  '1:30',
  '2024-01-01',
  '- a',
  'a: b',
  '#',
  '*a',
  'two\nlines\n',
  ' x ',
)
const scalar = fc.oneof(tricky, fc.string(), fc.integer(), fc.boolean())
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(tricky, fc.string()), tie('any'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).any

describe('objects as YAML', () => {
  it('begin with what people look for, and sort their labels by name', () => {
    expect(yamlDocuments([policy('shop')])).to.equal(`apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: tenant-isolation
  namespace: shop
  labels:
    app: b
    egress: a
    name: z
spec:
  podSelector: {}
  policyTypes:
    - Ingress
  egress: []
`)
  })

  it('are documents of one stream, and nothing when there are none', () => {
    expect(
      yamlDocuments([policy('a'), policy('b')])
        .split('---\n')
        .map((text) => text.includes('namespace: a')),
    ).to.deep.equal([true, false])
    expect(yamlDocuments([])).to.equal('')
  })

  it('leave out what has no value', () => {
    expect(yamlDocuments([{ kind: 'X', metadata: { name: 'x', namespace: undefined }, spec: undefined }])).to.equal(
      'kind: X\nmetadata:\n  name: x\n',
    )
  })

  it('are read again as what they were, by a reader of YAML 1.1, whatever texts are in them', () => {
    const object = fc.record({
      kind: fc.constant('X'),
      metadata: fc.record({ name: tricky, labels: fc.dictionary(tricky, tricky) }),
      spec: value,
    })
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 3 }), (objects) => {
        const again = objectsIn('x.yaml', yamlDocuments(objects)).map((located) => located.value)
        expect(again).to.deep.equal(objects)
        expect(objectsIn('x.yaml', yaml(objects[0])).map((located) => located.value)).to.deep.equal([objects[0]])
      }),
      { numRuns: 300 },
    )
  })

  it('are the same bytes for the same object, in whatever order its members came', () => {
    fc.assert(
      fc.property(value, (any) => {
        expect(yaml(any)).to.equal(yaml(reversed(any)))
      }),
      { numRuns: 200 },
    )
  })

  it('keep the order of lists', () => {
    expect(ordered({ b: [2, 1], a: [{ z: 1, name: 'n' }] })).to.deep.equal({ a: [{ name: 'n', z: 1 }], b: [2, 1] })
  })
})

function reversed(any: unknown): unknown {
  if (Array.isArray(any)) return any.map(reversed)
  if (typeof any !== 'object' || any === null) return any
  return Object.fromEntries(
    Object.entries(any)
      .map(([name, member]) => [name, reversed(member)] as const)
      .reverse(),
  )
}
