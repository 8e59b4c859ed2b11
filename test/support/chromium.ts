/**
 * support/chromium.ts — a real headless browser, driven by its DevTools protocol over two pipes: no port, no library.
 * (chromium --remote-debugging-pipe: requests on descriptor 3, answers and events on 4, each ended by a zero byte.)
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

type Message = {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: unknown
  readonly error?: { readonly message: string }
  readonly sessionId?: string
}

export type BrowserEvent = { readonly method: string; readonly params: Record<string, unknown> }

export type Browser = {
  /** A page of its own, empty. */
  readonly open: () => Promise<Page>
  readonly close: () => Promise<void>
}

export type Page = {
  /** A method of the protocol, such as Page.navigate. */
  readonly send: <T = unknown>(method: string, params?: object) => Promise<T>
  /** Everything that has happened so far: requests, messages of the console, errors. */
  readonly events: readonly BrowserEvent[]
  /** Goes there, and resolves when it is loaded. */
  readonly visit: (url: string) => Promise<void>
  /** What an expression is in the page. */
  readonly value: <T = unknown>(expression: string) => Promise<T>
  /** Presses a key, with what it does by itself: "Tab", "Enter", "ArrowRight", "a". */
  readonly press: (key: string) => Promise<void>
  readonly type: (text: string) => Promise<void>
  /** A PNG of what is in the window. */
  readonly screenshot: () => Promise<Buffer>
}

const CODES: Readonly<Record<string, number>> = { Tab: 9, Enter: 13, Escape: 27, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 }

/** Throws when there is no chromium in PATH and CHROMIUM names none; `make test-report` installs it. */
export async function startChromium(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'tenant-isolation-chromium-'))
  const args = [
    '--headless',
    '--remote-debugging-pipe',
    '--disable-gpu',
    '--no-first-run',
    '--disable-dev-shm-usage',
    `--user-data-dir=${profile}`,
  ]
  // As root, as in most containers, its sandbox cannot be set up.
  const child = spawn(process.env.CHROMIUM ?? 'chromium', [...args, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(new Error(`chromium cannot be started, "make test-report" installs it: ${error.message}`)))
  })
  const line = lineTo(child)
  return {
    open: () => openPage(line),
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      await line.send('Browser.close')
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

type Line = {
  readonly send: <T>(method: string, params?: object, sessionId?: string) => Promise<T>
  readonly listen: (listener: (message: Message) => void) => void
}

function lineTo(child: ChildProcess): Line {
  const [output, input] = [child.stdio[3] as Writable, child.stdio[4] as Readable]
  const waiting = new Map<number, (message: Message) => void>()
  const listeners: ((message: Message) => void)[] = []
  let [last, rest] = [0, '']
  input.setEncoding('utf8').on('data', (text: string) => {
    const parts = `${rest}${text}`.split('\0')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const message = JSON.parse(part) as Message
      if (message.id === undefined) for (const listener of listeners) listener(message)
      else waiting.get(message.id)?.(message)
    }
  })
  return {
    listen: (listener) => listeners.push(listener),
    send: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        const id = ++last
        waiting.set(id, ({ result, error }) => {
          waiting.delete(id)
          if (error) reject(new Error(`${method}: ${error.message}`))
          else resolve(result as never)
        })
        output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
      }),
  }
}

async function openPage(line: Line): Promise<Page> {
  const { targetId } = await line.send<{ targetId: string }>('Target.createTarget', {
    url: 'about:blank',
    newWindow: true,
    width: 1300,
    height: 1000,
  })
  const { sessionId } = await line.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })
  const events: BrowserEvent[] = []
  const loads: (() => void)[] = []
  line.listen(({ method = '', params = {}, sessionId: from }) => {
    if (from !== sessionId) return
    events.push({ method, params })
    if (method === 'Page.loadEventFired') for (const loaded of loads.splice(0)) loaded()
  })
  const send = <T>(method: string, params?: object) => line.send<T>(method, params, sessionId)
  for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await send(`${domain}.enable`)
  return {
    send,
    events,
    visit: async (url) => {
      const loaded = new Promise<void>((resolve) => loads.push(resolve))
      await send('Page.navigate', { url })
      await loaded
    },
    value: async (expression) => {
      const { result, exceptionDetails } = await send<Evaluated>('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      })
      if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`)
      return result.value as never
    },
    press: async (key) => {
      const stroke = { key, code: key, windowsVirtualKeyCode: CODES[key] ?? key.toUpperCase().charCodeAt(0) }
      const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined
      await send('Input.dispatchKeyEvent', {
        type: text === undefined ? 'rawKeyDown' : 'keyDown',
        ...stroke,
        ...(text !== undefined && { text }),
      })
      await send('Input.dispatchKeyEvent', { type: 'keyUp', ...stroke })
    },
    type: async (text) => {
      await send('Input.insertText', { text })
    },
    screenshot: async () => Buffer.from((await send<{ data: string }>('Page.captureScreenshot')).data, 'base64'),
  }
}

type Evaluated = {
  readonly result: { readonly value: unknown }
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } }
}
