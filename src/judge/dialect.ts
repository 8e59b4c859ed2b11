/**
 * judge/dialect.ts — CEL as Kubernetes speaks it, as far as the policies about pods do: what the library does not have, or has otherwise.
 *
 * A function that is missing here is an error when the policies are compiled; test/unit/judge has what each of them does.
 */

import { type ASTNode, Environment, Optional, type ParseResult } from '@marcbachmann/cel-js'
import { Authorizer } from './authorizer.ts'

/** The policies are long; that they stay within what an API server takes is for its own tests to see. */
const LIMITS = { maxAstNodes: 1_000_000, maxDepth: 5_000, maxListElements: 10_000, maxMapEntries: 10_000 }

/** Throws where the text is no CEL, or uses what is not in the dialect. */
export function compile(text: string): ParseResult {
  // The library cuts texts at UTF-16 units, Kubernetes at characters, and a function of the library cannot be replaced.
  const program = environment.parse(text.replaceAll('.substring(', '.characters('))
  const { valid, error } = program.check()
  if (!valid) throw error ?? new Error(`not CEL: ${text}`)
  return program
}

/** A value of JSON as CEL knows it: whole numbers are integers, and what is null is not there. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(celValue)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, celValue(member)]))
}

/** What stands before the dot of functions such as `strings.quote`. */
class Strings {}
class Sets {}
class Lists {}

const SYNC = { async: false }

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: LIMITS,
})
  .registerType('Strings', Strings)
  .registerType('Sets', Sets)
  .registerType('Lists', Lists)
  .registerType('Authorizer', Authorizer)
  .registerConstant('strings', 'Strings', new Strings())
  .registerConstant('sets', 'Sets', new Sets())
  .registerConstant('lists', 'Lists', new Lists())
  .registerVariable('authorizer', 'Authorizer')
  .registerFunction('Strings.quote(string): string', (_: Strings, text: string) => quoted(text), SYNC)
  .registerFunction('string.replace(string, string): string', replaced, SYNC)
  .registerFunction('string.characters(int): string', (text: string, from: bigint) => characters(text, from), SYNC)
  .registerFunction('string.characters(int, int): string', characters, SYNC)
  .registerFunction(
    'Sets.equivalent(list, list): bool',
    (_: Sets, a: readonly unknown[], b: readonly unknown[]) => a.every((item) => b.includes(item)) && b.every((item) => a.includes(item)),
    SYNC,
  )
  .registerFunction(
    'Lists.range(int): list<int>',
    (_: Lists, size: bigint) => Array.from({ length: Number(size) }, (_, at) => BigInt(at)),
    SYNC,
  )
  .registerFunction('list.flatten(int): list', (list: unknown[], depth: bigint) => list.flat(Number(depth)), SYNC)
  .registerFunction('list.min(): dyn', least, SYNC)
  .registerFunction(
    'Authorizer.serviceAccount(string, string): Authorizer',
    (a: Authorizer, namespace: string, name: string) => a.serviceAccount(namespace, name),
    SYNC,
  )
  .registerFunction('Authorizer.group(string): Authorizer', (a: Authorizer, group: string) => a.with({ group }), SYNC)
  .registerFunction('Authorizer.resource(string): Authorizer', (a: Authorizer, resource: string) => a.with({ resource }), SYNC)
  .registerFunction('Authorizer.name(string): Authorizer', (a: Authorizer, name: string) => a.with({ name }), SYNC)
  .registerFunction('Authorizer.check(string): Authorizer', (a: Authorizer, verb: string) => a.with({ verb }), SYNC)
  .registerFunction('Authorizer.allowed(): bool', (a: Authorizer) => a.allowed(), SYNC)
  .registerFunction('optional.optMap(ast, ast): optional<dyn>', optMap)

/** As Go's CEL writes it (cel-go ext/strings.go quote): what would break the line is escaped, and nothing else. */
function quoted(text: string): string {
  const escaped = Array.from(text.toWellFormed(), (character) => ESCAPES.get(character) ?? character)
  return `"${escaped.join('')}"`
}

const ESCAPES = new Map([
  ['\\', '\\\\'],
  ['"', '\\"'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
])

/** The second is text, and not what JavaScript reads into a `$`. */
function replaced(text: string, old: string, by: string): string {
  return text.replaceAll(old, () => by)
}

function characters(text: string, from: bigint, to?: bigint): string {
  const all = [...text]
  const end = to ?? BigInt(all.length)
  if (from < 0n || from > end || end > all.length) throw new RangeError(`substring(${from}, ${end}) of a text of ${all.length} characters`)
  return all.slice(Number(from), Number(end)).join('')
}

/** Of texts in the order of Go, which is that of their bytes. */
function least(list: readonly string[]): string {
  const [first, ...more] = list
  if (first === undefined) throw new RangeError('min() of an empty list')
  return more.reduce((found, text) => (Buffer.compare(Buffer.from(text), Buffer.from(found)) < 0 ? text : found), first)
}

// biome-ignore lint/suspicious/noExplicitAny: what the library hands to macros has no types (its README, "Custom macros")
type Untyped = any

/** `OPTIONAL.optMap(NAME, BODY)`: the body with what is there under that name, or nothing. */
function optMap({
  ast,
  receiver,
  args,
}: {
  readonly ast: ASTNode
  readonly receiver: ASTNode
  readonly args: readonly [ASTNode, ASTNode]
}): object {
  const [{ op, args: name }, body] = args
  if (op !== 'id') throw new Error('optMap names what it maps')
  let inner: Untyped
  return {
    typeCheck(checker: Untyped, _: object, context: Untyped) {
      checker.check(receiver, context)
      inner = context.forkWithVariable(name, checker.getType('dyn'))
      checker.check(body, inner)
      ;(ast as Untyped).setMeta('async', false)
      return checker.getType('optional')
    },
    evaluate(evaluator: Untyped, _: object, context: Untyped) {
      const found: Optional = evaluator.run(receiver, context)
      return found.hasValue() ? Optional.of(evaluator.run(body, inner.reuse(context).setIterValue(found.value(), evaluator))) : found
    },
  }
}
