/** observability/log-text.ts — a log line for a person at a terminal. Pure. */

import type { Plain } from './log-fields.ts'

export type LogLine = {
  readonly level: string
  readonly message: string
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: number
  readonly fields: { readonly [key: string]: Plain }
}

/** Where the fields begin when the message is short enough. */
const MESSAGE_WIDTH = 44

const COLOURS: Readonly<Record<string, string>> = { error: '31', warn: '33', info: '32', debug: '2' }

/**
 * `09:32:00.123 INFO  sealed the namespace            tenant=acme namespace=acme-web`, in local time, and stacks on lines of their own. What
 * comes from outside cannot begin a line or colour it: control characters are escaped.
 */
export function textLine({ level, message, wallMs, fields }: LogLine, { colours }: { readonly colours: boolean }): string {
  const paint = (code: string, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
  const pairs: string[] = []
  const stacks: string[] = []
  for (const [key, value] of Object.entries(fields)) {
    if (key.endsWith('Stack') && typeof value === 'string')
      stacks.push(...value.split('\n').map((line) => `    ${escapeControls(line.trim())}`))
    else pairs.push(`${paint('2', `${escapeControls(key)}=`)}${fieldText(value)}`)
  }
  const said = escapeControls(message)
  const head = `${paint('2', timeText(wallMs))} ${paint(COLOURS[level] ?? '0', level.toUpperCase().padEnd(5))} `
  const line = pairs.length === 0 ? `${head}${said}` : `${head}${said.padEnd(MESSAGE_WIDTH)} ${pairs.join(' ')}`
  return [line, ...stacks].join('\n')
}

function timeText(wallMs: number): string {
  const time = new Date(wallMs)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`
}

function fieldText(value: Plain): string {
  if (typeof value !== 'string') return escapeControls(JSON.stringify(value))
  return /^[^\s"=\p{Cc}]+$/u.test(value) ? value : escapeControls(JSON.stringify(value))
}

function escapeControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (control) =>
    JSON.stringify(control)
      .slice(1, -1)
      .replace(/^[\u007f-\u009f]$/, escapeCode),
  )
}

/** JSON leaves these as they are, and a terminal takes one of them (U+009B) for the start of a command. */
function escapeCode(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`
}
