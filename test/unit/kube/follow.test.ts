import { expect } from 'chai'
import type { Ending } from '../../../src/kube/endings.ts'
import { KubeApiError, TransportError } from '../../../src/kube/errors.ts'
import { follow } from '../../../src/kube/follow.ts'
import type { OpenStream } from '../../../src/kube/stream.ts'
import type { WatchEvent } from '../../../src/kube/watch-events.ts'
import { sleep, systemClock } from '../../../src/time/clock.ts'

type Source = AsyncGenerator<Uint8Array>

/** A response body made of the given pieces; `abort` breaks it as the transport would. */
function streamOf(pieces: (aborted: Promise<never>) => Source): OpenStream & { aborts: number } {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  const stream = {
    code: 200,
    body: pieces(promise),
    aborts: 0,
    abort() {
      stream.aborts += 1
      reject(new TransportError('given up', { failure: 'aborted', applied: 'unknown' }))
    },
  }
  return stream
}

const line = (version: number) =>
  `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'a', uid: 'u', resourceVersion: `${version}` } } })}\n`

async function run(options: {
  readonly open: () => Promise<OpenStream>
  readonly take?: (event: WatchEvent<never>) => Ending | undefined
  readonly totalMs?: number
  readonly silenceMs?: number | (() => number)
  readonly stop?: AbortController
}) {
  const versions: string[] = []
  const result = await follow<never>({
    open: options.open,
    take: (event) => {
      if ('resourceVersion' in event) versions.push(event.resourceVersion)
      return options.take?.(event)
    },
    limits: {
      totalMs: options.totalMs ?? 60_000,
      silenceMs: typeof options.silenceMs === 'function' ? options.silenceMs : () => Number(options.silenceMs ?? 60_000),
    },
    clock: systemClock,
    signal: (options.stop ?? new AbortController()).signal,
  })
  return { ...result, versions }
}

const reading = (pieces: (aborted: Promise<never>) => Source) => {
  const stream = streamOf(pieces)
  return { stream, open: async () => stream }
}

describe('following a watch', () => {
  it('takes all events and says that it was closed', async () => {
    const { stream, open } = reading(async function* () {
      yield Buffer.from(line(1) + line(2))
      yield Buffer.from(line(3))
    })
    const { ending, versions } = await run({ open })
    expect(ending).to.deep.equal({ kind: 'closed' })
    expect(versions).to.deep.equal(['1', '2', '3'])
    expect(stream.aborts, 'the connection is given back in any case').to.equal(1)
  })

  it('does not take half a line', async () => {
    const { open } = reading(async function* () {
      yield Buffer.from(line(1) + line(2).slice(0, 20))
    })
    const { ending, versions } = await run({ open })
    expect([ending.kind, versions]).to.deep.equal(['truncated', ['1']])
  })

  it('stops at the event after which there is nothing to read', async () => {
    const { stream, open } = reading(async function* (aborted) {
      yield Buffer.from(line(1) + line(2) + line(3))
      await aborted
    })
    const { ending, versions } = await run({
      open,
      take: (event) => ('resourceVersion' in event && event.resourceVersion === '2' ? { kind: 'malformed', detail: 'x' } : undefined),
    })
    expect([ending.kind, versions]).to.deep.equal(['malformed', ['1', '2']])
    expect(stream.aborts).to.equal(1)
  })

  it('says why there was no answer', async () => {
    const refusal = new KubeApiError({ code: 403, reason: 'Forbidden', message: 'no' })
    expect(await run({ open: () => Promise.reject(refusal) })).to.deep.include({ ending: { kind: 'refused', error: refusal }, livedMs: 0 })
    const cut = new TransportError('cut', { failure: 'connection', applied: 'unknown' })
    expect((await run({ open: () => Promise.reject(cut) })).ending).to.deep.equal({ kind: 'broken', error: cut })
  })

  it('says that the connection broke', async () => {
    const cut = new TransportError('cut', { failure: 'connection', applied: 'unknown' })
    const { open } = reading(async function* () {
      yield Buffer.from(line(1))
      throw cut
    })
    const { ending, versions } = await run({ open })
    expect([ending, versions]).to.deep.equal([{ kind: 'broken', error: cut }, ['1']])
  })

  it('gives up a watch from which nothing comes', async () => {
    const { stream, open } = reading(async function* (aborted) {
      yield Buffer.from(line(1))
      await aborted
    })
    const { ending, livedMs } = await run({ open, silenceMs: 30 })
    expect(ending).to.deep.equal({ kind: 'silent' })
    expect(livedMs).to.be.within(28, 5_000)
    expect(stream.aborts).to.be.at.least(1)
  })

  it('is less patient as soon as it is told so', async () => {
    let silenceMs = 60_000
    const { open } = reading(async function* (aborted) {
      yield Buffer.from(line(1))
      await aborted
    })
    const take = () => {
      silenceMs = 30
      return undefined
    }
    expect((await run({ open, take, silenceMs: () => silenceMs })).ending).to.deep.equal({ kind: 'silent' })
  })

  it('gives up a watch that never ends, however busy it is', async () => {
    const { open } = reading(async function* (aborted) {
      for (let version = 1; ; version += 1) {
        yield Buffer.from(line(version))
        await Promise.race([aborted, sleep(systemClock, 5)])
      }
    })
    const { ending, versions } = await run({ open, totalMs: 60, silenceMs: 40 })
    expect(ending).to.deep.equal({ kind: 'deadline' })
    expect(versions.length).to.be.above(2)
  })

  it('ends with its signal, wherever it is', async () => {
    const stop = new AbortController()
    stop.abort()
    const never = reading(async function* () {
      yield Buffer.from(line(1))
    })
    expect(await run({ open: never.open, stop })).to.deep.include({ ending: { kind: 'aborted' }, versions: [] })
    expect(never.stream.aborts).to.equal(1)

    const later = new AbortController()
    const { open } = reading(async function* (aborted) {
      yield Buffer.from(line(1))
      later.abort()
      yield Buffer.from(line(2))
      await aborted
    })
    expect(await run({ open, stop: later })).to.deep.include({ ending: { kind: 'aborted' }, versions: ['1'] })
  })

  it('survives a listener that throws', async () => {
    const { open } = reading(async function* () {
      yield Buffer.from(line(1))
    })
    const { ending } = await run({
      open,
      take: () => {
        throw new Error('bug')
      },
    })
    expect(ending.kind).to.equal('broken')
  })
})
