/** docs/schema-node.ts — walking a structural schema, and saying in few words what a node of it takes. */

/** As far as the page goes; see src/api/crd.ts for what makes it. */
export type Node = {
  readonly [key: string]: unknown
  readonly description?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly items?: Node
  readonly additionalProperties?: Node
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  readonly maxLength?: number
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[]
}

export type Field = {
  /** From the node where the walk began: `ports[].port`; '' is that node itself. */
  readonly path: string
  readonly required: boolean
  readonly node: Node
  /** The walk did not go into it: the node, or that of the items of the list, which `stops` knows. */
  readonly refersTo: Node | undefined
}

/** The node at a path such as `spec.network.ingress[]`. Throws when there is none. */
export function nodeAt(root: Node, path: string): Node {
  return path.split('.').reduce((node, part) => {
    const name = part.replace('[]', '')
    const member = node.properties?.[name]
    const found = part.endsWith('[]') ? member?.items : member
    if (found === undefined) throw new Error(`the schema has no ${path}: there is no ${part}`)
    return found
  }, root)
}

/** The node and everything in it, parents first, in the order of the schema; not what is inside of nodes at which it stops. */
export function allIn(root: Node, stops: (path: string, node: Node) => boolean): Field[] {
  const walk = (node: Node, path: string, required: boolean): Field[] => {
    const inner = node.items ?? node
    const innerPath = node.items === undefined ? path : `${path}[]`
    if (path !== '' && (stops(path, node) || stops(innerPath, inner))) return [{ path, required, node, refersTo: inner }]
    const members = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
      walk(child, path === '' ? name : `${path}.${name}`, node.required?.includes(name) ?? false),
    )
    const items = node.items === undefined ? [] : walk(node.items, `${path}[]`, false)
    const values = node.additionalProperties === undefined ? [] : walk(node.additionalProperties, `${path}.*`, false)
    return [{ path, required, node, refersTo: undefined }, ...members, ...items, ...values]
  }
  return walk(root, '', false)
}

/** "text", "a list of at most 32 objects", "`Any` or `Forbidden`". */
export function summaryOf(node: Node): string {
  if (node['x-kubernetes-int-or-string'] === true) return 'number or text'
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(', ')
  switch (node.type) {
    case 'array':
      return `list, at most ${node.maxItems}: ${node.items === undefined ? '' : summaryOf(node.items)}`
    case 'boolean':
      return '`true`, `false`'
    case 'integer':
      return `number${node.minimum === undefined || node.maximum === undefined ? '' : `, ${node.minimum} to ${node.maximum}`}`
    case 'object':
      return node.additionalProperties === undefined ? 'object' : 'map of text to text'
    default:
      return node.format === 'date-time' ? 'time' : 'text'
  }
}
