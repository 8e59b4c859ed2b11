import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { customResourceDefinition } from '../../../src/api/crd.ts'
import { generatedFiles, staleFiles } from '../../../tools/generate.ts'

type Schema = {
  readonly [key: string]: unknown
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema
  readonly pattern?: string
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[]
}

type Version = {
  readonly schema: { readonly openAPIV3Schema: Schema }
  readonly additionalPrinterColumns: readonly { readonly name: string }[]
}

const { versions } = customResourceDefinition().spec as { readonly versions: readonly Version[] }
const [version = expect.fail('the CRD has no version')] = versions
const root = version.schema.openAPIV3Schema

/** Every node of the schema, by its path. */
const nodes = new Map(nodesOf(root, ''))

function nodesOf(node: Schema, path: string): [string, Schema][] {
  const children: [string, Schema | undefined][] = [
    ...Object.entries(node.properties ?? {}).map(([name, child]): [string, Schema] => [`${path}.${name}`, child]),
    [`${path}[]`, node.items],
    [`${path}.*`, node.additionalProperties],
  ]
  return [[path, node], ...children.flatMap(([at, child]) => (child ? nodesOf(child, at) : []))]
}

/** The paths of the nodes of which it is not so. */
function exceptions(holds: (node: Schema, path: string) => boolean, among: (node: Schema) => boolean = () => true): string[] {
  return [...nodes].filter(([path, node]) => among(node) && !holds(node, path)).map(([path]) => path)
}

describe('the CRD', () => {
  it('is what is in crds/, as every generated file is what its sources say: run `make generate`', async () => {
    expect(await staleFiles()).to.deep.equal([])
  })

  it('reads the same in YAML 1.1, as kubectl reads it, and in YAML 1.2', async () => {
    // Templates of the chart are YAML only once Helm has filled them in.
    const files = [...(await generatedFiles())].filter(([path]) => path.endsWith('.yaml') && !path.includes('/templates/'))
    expect(files).to.have.length.greaterThan(5)
    for (const [path, text] of files) {
      const [old, current] = (['1.1', '1.2'] as const).map((yaml) =>
        parseAllDocuments(text, { version: yaml }).map((document) => document.toJS()),
      )
      expect(old, path).to.deep.equal(current)
    }
  })

  it('is the same each time', () => {
    expect(JSON.stringify(customResourceDefinition())).to.equal(JSON.stringify(customResourceDefinition()))
  })

  it('describes every field', () => {
    const fields = [...nodes].flatMap(([path, { properties = {} }]) =>
      Object.entries(properties).map(([name, node]) => ({ path: `${path}.${name}`, node })),
    )
    const undescribed = fields.filter(({ node }) => !/^\S.{8,}[.:)]/s.test(node.description ?? '')).map(({ path }) => path)
    // The API server takes no description there.
    expect(undescribed.filter((path) => path !== '.metadata')).to.deep.equal([])
    expect(fields.length).to.be.greaterThan(50)
  })

  it('bounds every list, and says how it is merged', () => {
    expect(
      exceptions(
        (node) => typeof node.maxItems === 'number' && typeof node['x-kubernetes-list-type'] === 'string',
        ({ type }) => type === 'array',
      ),
    ).to.deep.equal([])
  })

  it('requires the keys by which a list is merged', () => {
    const missing = exceptions((node) => {
      const keys = (node['x-kubernetes-list-map-keys'] ?? []) as readonly string[]
      return keys.every((key) => (node.items?.required as readonly string[] | undefined)?.includes(key))
    })
    expect(missing).to.deep.equal([])
  })

  it('bounds every map', () => {
    expect(
      exceptions(
        (node) => typeof node.maxProperties === 'number',
        (node) => node.additionalProperties !== undefined,
      ),
    ).to.deep.equal([])
  })

  it('bounds every text', () => {
    const unbounded = exceptions(
      (node) => typeof node.maxLength === 'number' || Array.isArray(node.enum),
      ({ type }) => type === 'string',
    )
    expect(unbounded).to.deep.equal(['.apiVersion', '.kind'])
    expect(
      exceptions(
        (node) => typeof node.maxLength === 'number',
        (node) => node['x-kubernetes-int-or-string'] === true,
      ),
    ).to.deep.equal([])
  })

  it('gives every node exactly one type', () => {
    expect(exceptions((node) => (typeof node.type === 'string') !== (node['x-kubernetes-int-or-string'] === true))).to.deep.equal([])
  })

  it('has nothing that a structural schema may not have', () => {
    for (const word of ['$ref', '$schema', 'oneOf', 'anyOf', 'allOf', 'not', 'const', 'propertyNames', 'uniqueItems']) {
      expect(
        exceptions((node) => !(word in node)),
        word,
      ).to.deep.equal([])
    }
    expect(exceptions((node) => !(node.properties && node.additionalProperties))).to.deep.equal([])
  })

  it('has only regular expressions that Go reads, too', () => {
    const inRules = [...nodes.values()].flatMap((node) =>
      (node['x-kubernetes-validations'] ?? []).flatMap(({ rule }) =>
        [...rule.matchAll(/matches\(r?'([^']*)'\)/g)].map(([, pattern = '']) => pattern),
      ),
    )
    const patterns = [...[...nodes.values()].flatMap(({ pattern }) => (pattern === undefined ? [] : [pattern])), ...inRules]
    expect(inRules).not.to.be.empty
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern), pattern).not.to.throw()
      expect(pattern, 'looks around').not.to.match(/\(\?(=|!|<)/)
      expect(pattern, 'looks back').not.to.match(/\\([1-9]|k<)/)
      expect(pattern, 'escapes a slash, which CEL and Go do not').not.to.include('\\/')
      for (const [, count] of pattern.matchAll(/\{(?:\d+,)?(\d+)\}/g)) expect(Number(count), pattern).to.be.at.most(1000)
    }
  })

  it('says for each rule, in one line, what to do', () => {
    for (const [path, node] of nodes) {
      for (const { rule, message } of node['x-kubernetes-validations'] ?? []) {
        expect(message, `${path}: ${rule}`).to.match(/^[^\n]{20,400}$/)
      }
    }
  })

  it('shows what a person looks for first', () => {
    const { spec, status } = root.properties ?? {}
    expect(Object.keys(spec?.properties ?? {})).to.deep.equal([
      'namespaceSelector',
      'suspend',
      'preventDeletion',
      'network',
      'podSecurity',
      'access',
    ])
    expect(status?.type).to.equal('object')
    expect(version.additionalPrinterColumns.map(({ name }) => name)).to.deep.equal([
      'Ready',
      'Reason',
      'Namespaces',
      'Policies',
      'Age',
      'Mode',
      'Message',
    ])
  })
})
