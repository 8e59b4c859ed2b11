/** observability/log-fields.ts — what of a value may be written into a log, as plain JSON of bounded size. Pure. */

export type LogFields = Readonly<Record<string, unknown>>

/** What JSON can hold. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain }

const REDACTED = '[redacted]'
/** An object that is deeper, longer or wider than these is somebody's whole cache, logged by mistake. */
const MAX_DEPTH = 6
const MAX_ITEMS = 100
const MAX_TEXT = 8192

/** Names without case, `-` and `_`. What ends in one of these holds a secret: authorization, id-token, clientSecret, db_password. */
const SECRET_NAME = /(authorization|token|password|passwd|secret|credentials?|cookie|privatekey|keydata)$/

/**
 * `fields` as they may be written. Errors become their message; with `stacks`, their stack goes beside them (`error` gets `errorStack`).
 * Values whose name says that they are secret are left out, and so is what looks like a token inside of any text. Never throws.
 */
export function plainFields(fields: LogFields, { stacks }: { readonly stacks: boolean }): { [key: string]: Plain } {
  const plain: { [key: string]: Plain } = {}
  for (const key of Object.keys(fields)) {
    const value = read(fields, key)
    if (value === undefined) continue
    plain[key] = plainValue(key, value, 1, [])
    if (stacks && value instanceof Error && value.stack) plain[`${key}Stack`] = safeText(value.stack)
  }
  return plain
}

/** The text without credentials of HTTP and JSON Web Tokens, and not longer than 8 KiB. */
export function safeText(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
  return (
    cut
      .replaceAll(/\b(bearer)\s+[^\s"',;]+/gi, `$1 ${REDACTED}`)
      // Base64 of `user:password` has a capital, a digit or a `=`; "basic users" has none.
      .replaceAll(/\b(basic)\s+([A-Za-z0-9+/]{8,}={0,2})/gi, (all, scheme: string, value: string) =>
        /[A-Z0-9=]/.test(value) ? `${scheme} ${REDACTED}` : all,
      )
      .replaceAll(/:\/\/[^/\s:@]+:[^/\s@]+@/g, `://${REDACTED}@`)
      .replaceAll(/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, REDACTED)
  )
}

/** An error in one line: its message and those of its causes, or whatever else it has to say for itself. */
export function errorText(error: Error): string {
  const said: string[] = []
  let each: unknown = error
  // Counted, because causes may go round in circles.
  for (let depth = 0; each instanceof Error && depth < MAX_DEPTH; depth++) {
    const text = ownText(each)
    each = read(each, 'cause')
    // Wrapping errors often repeat what they wrap.
    if (!said.some((earlier) => earlier.includes(text))) said.push(text)
  }
  return safeText(said.join(': '))
}

function ownText(error: Error): string {
  // Node reports a refused connection to a name with two addresses as an AggregateError without a message.
  const inner = error instanceof AggregateError ? error.errors.filter((each) => each instanceof Error).map(ownText) : []
  const code = read(error, 'code')
  return error.message || inner.join(', ') || (typeof code === 'string' ? code : error.name)
}

function plainValue(key: string, value: unknown, depth: number, above: readonly object[]): Plain {
  if (typeof value === 'boolean' || value === null) return value
  if (isSecretName(key)) return REDACTED
  switch (typeof value) {
    case 'string':
      return safeText(value)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'object':
      return value === null ? null : plainObject(value, depth, above)
    case 'undefined':
      return null
    case 'bigint':
      return value.toString()
    default:
      return `[${typeof value}]`
  }
}

function plainObject(value: object, depth: number, above: readonly object[]): Plain {
  if (value instanceof Error) return errorText(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (above.includes(value)) return '[circular]'
  if (depth >= MAX_DEPTH) return '[deeper]'
  const path = [...above, value]
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => plainValue('', item, depth + 1, path))
  if (value instanceof Map || value instanceof Set) return `[${value.constructor.name} of ${value.size}]`
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  const plain: { [key: string]: Plain } = {}
  for (const key of Object.keys(value).slice(0, MAX_ITEMS)) {
    const inner = read(value, key)
    if (inner !== undefined) plain[key] = plainValue(key, inner, depth + 1, path)
  }
  return plain
}

const names = new Map<string, boolean>()

/** Remembered, because the same few names come with every line. */
function isSecretName(name: string): boolean {
  let secret = names.get(name)
  if (secret === undefined) {
    secret = SECRET_NAME.test(name.toLowerCase().replaceAll(/[-_.]/g, ''))
    if (names.size < 1000) names.set(name, secret)
  }
  return secret
}

/** A getter may throw, and a log line must not. */
function read(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key]
  } catch {
    return '[unreadable]'
  }
}
