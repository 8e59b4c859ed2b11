import { expect } from 'chai'
import { objectsIn } from '../../../../src/cli/input/documents.ts'

const valuesIn = (text: string): readonly unknown[] => objectsIn('file.yaml', text).map(({ value }) => value)

const LIST = `# a comment
apiVersion: v1
kind: Namespace
metadata: {name: first}
---
---
apiVersion: v1
kind: PodList
items:
- metadata:
    name: one
    labels:
      example.com/app: web
- metadata:
    name: two
`

describe('the objects in a text', () => {
  it('are those of all its documents and lists; what is empty is passed over', () => {
    expect(valuesIn(LIST)).to.deep.equal([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'first' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', labels: { 'example.com/app': 'web' } } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'two' } },
    ])
    for (const nothing of ['', '\n', '# only a comment', '---\n---\n']) expect(valuesIn(nothing), nothing).to.deep.equal([])
  })

  it('are found in JSON, too, and in lists of lists', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' } }
    expect(valuesIn(JSON.stringify({ kind: 'List', items: [pod, { kind: 'List', items: [pod] }] }))).to.deep.equal([pod, pod])
  })

  it('know the line of each of their fields, or of the nearest that is there', () => {
    const [first, one, two] = objectsIn('file.yaml', LIST)
    expect(first?.lineOf()).to.equal(2)
    expect(first?.lineOf('metadata.name')).to.equal(4)
    expect(one?.document).to.equal(3)
    expect(one?.path).to.equal('items[0]')
    expect(one?.lineOf()).to.equal(10)
    expect(one?.lineOf('metadata.labels[example.com/app]')).to.equal(13)
    expect(one?.lineOf('metadata.annotations.missing')).to.equal(10)
    expect(two?.lineOf('metadata.name')).to.equal(15)
  })

  it('know their lines in JSON as well', () => {
    const [pod] = objectsIn('file.json', '{\n "kind": "Pod",\n "metadata": {\n  "name": "one"\n }\n}')
    expect(pod?.lineOf('metadata.name')).to.equal(4)
  })

  it('mean what they mean to kubectl: yes is true, a time and 1:30 are texts, << takes over', () => {
    expect(valuesIn('a: yes\nb: "yes"\nc: off\nd: 0777\ne: 1:30\nf: 2024-01-01T00:00:00Z\n')).to.deep.equal([
      { a: true, b: 'yes', c: false, d: 511, e: '1:30', f: '2024-01-01T00:00:00Z' },
    ])
    expect(valuesIn('base: &base {a: 1}\nown: {<<: *base, b: 2}')).to.deep.equal([{ base: { a: 1 }, own: { a: 1, b: 2 } }])
  })

  for (const [what, text, sentence] of [
    ['a bracket that is not closed', 'kind: Pod\nspec: [1,\nmore: 2', 'file.yaml:3: not YAML: '],
    ['a key that is there twice', 'a: 1\nb: 2\na: 3', 'file.yaml:3: not YAML: Map keys must be unique'],
    ['a quote that is not closed, in the second document', 'a: 1\n---\nb: "x', 'file.yaml:3: not YAML: Missing closing "quote'],
    ['a template', 'metadata:\n  name: {{ .Values.name }}', 'file.yaml:2: not YAML: a key has to be a text; if this is a template'],
    [
      'a text that would grow without end',
      `a: &a [${'x,'.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nc: [${'*b,'.repeat(20)}]`,
      'file.yaml:1: not usable: Excessive alias count',
    ],
  ] as const) {
    it(`cannot be read with ${what}, and the line is named`, () => {
      expect(() => objectsIn('file.yaml', text)).to.throw(sentence)
    })
  }
})
