/** admission/cel.ts — CEL as text that cannot be broken out of: whatever is put into it is CEL already, or becomes a literal. */

/** An expression. */
export type Cel = { readonly cel: string }

/** What can be put into an expression: another one, or a value, which becomes a literal. */
export type CelValue = Cel | string | number | boolean | readonly CelValue[] | { readonly [name: string]: CelValue | undefined }

/** An expression with others, or values, in it: cel`${list}.exists(x, x == ${"it's"})`. */
export function cel(parts: TemplateStringsArray, ...values: readonly CelValue[]): Cel {
  return { cel: parts.map((part, index) => (index === 0 ? part : textOf(values[index - 1]) + part)).join('') }
}

export function and(...conditions: readonly Cel[]): Cel {
  return { cel: `(${conditions.map(({ cel }) => `(${cel})`).join(' && ')})` }
}

export function or(...conditions: readonly Cel[]): Cel {
  return { cel: `(${conditions.map(({ cel }) => `(${cel})`).join(' || ')})` }
}

export function not({ cel }: Cel): Cel {
  return { cel: `!(${cel})` }
}

/** One list of what is in all of them. */
export function concat(lists: readonly Cel[]): Cel {
  return lists.length === 0 ? cel`[]` : { cel: lists.map(({ cel }) => cel).join(' +\n') }
}

/** A variable of the policy; `slot` tells apart those that are there once for each profile. */
export function variable(name: string, slot?: number): Cel {
  if (!/^[a-z][A-Za-z]*$/.test(name)) throw new Error(`${name} is no name for a variable`)
  return { cel: `variables.${name}${slot ?? ''}` }
}

/**
 * The same where there are no variables: those that it uses are bound to their names, each by a list of one. A value that is not bound
 * yet cannot be used, so `variables` come in the order in which they are defined.
 */
export function withoutVariables(expression: Cel, variables: readonly { readonly name: string; readonly expression: Cel }[]): Cel {
  const last = variables.findLastIndex(({ name }) => uses(expression, name))
  const used = variables[last]
  if (!used) return expression
  const bound = { cel: `${used.name}_` }
  const body = { cel: expression.cel.replaceAll(naming(used.name), bound.cel) }
  return withoutVariables(cel`[${used.expression}].map(${bound}, ${body})[0]`, variables.slice(0, last))
}

const naming = (name: string) => new RegExp(`\\bvariables\\.${name}\\b`, 'g')
const uses = ({ cel }: Cel, name: string) => naming(name).test(cel)

/** The member of that name, as an optional: absent members are no error. */
export function member(of: Cel, name: string): Cel {
  if (!/^[A-Za-z]+$/.test(name)) throw new Error(`${name} is no name for a member`)
  return { cel: `${of.cel}.?${name}` }
}

function textOf(value: CelValue | undefined): string {
  if (isCel(value)) return value.cel
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Error(`${value} is not a whole number`)
    return String(value)
  }
  if (Array.isArray(value)) return `[${value.map((item: CelValue) => textOf(item)).join(', ')}]`
  if (value === undefined) throw new Error('undefined is not a value in CEL')
  // All values of a literal map have to be of one type, or of none.
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [`${quoted(name)}: dyn(${textOf(member)})`],
  )
  return `{${members.join(', ')}}`
}

/** CEL reads the escapes of JSON. In single quotes, for the sake of the YAML around it. */
function quoted(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${escaped}'`
}

function isCel(value: unknown): value is Cel {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 1 && typeof (value as Cel).cel === 'string'
}
