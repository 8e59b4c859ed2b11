/**
 * Splitting a byte stream at newlines.
 *
 * Works on bytes, so that a character cut between two chunks stays whole, and gives all lines of a chunk at once: one decode and one
 * promise per chunk rather than per line is what makes many small events cheap.
 */

/** Larger than any object can be: etcd refuses requests over 1.5 MB, and the API server bodies over 3 MB. */
const DEFAULT_MAX_LINE_BYTES = 32 * 1024 * 1024
const NEWLINE = 0x0a

export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError'

  constructor(maxBytes: number) {
    super(`a line is longer than ${maxBytes} bytes`)
  }
}

export type LineSplitter = {
  /** The lines that this chunk completes, without newlines and without empty lines. Throws LineTooLongError. */
  push(chunk: Uint8Array): readonly string[]
  /** What came after the last newline; empty when the stream ended where it should. */
  rest(): string
}

const NONE: readonly string[] = []

export function createLineSplitter(maxLineBytes: number = DEFAULT_MAX_LINE_BYTES): LineSplitter {
  let pending: Uint8Array[] = []
  let pendingBytes = 0

  return {
    push(chunk) {
      const end = chunk.lastIndexOf(NEWLINE)
      if (end < 0) {
        pending.push(chunk)
        pendingBytes += chunk.length
        if (pendingBytes > maxLineBytes) throw new LineTooLongError(maxLineBytes)
        return NONE
      }
      const complete = decode(pending, chunk.subarray(0, end))
      const lines = complete.text.split('\n')
      if (complete.bytes > maxLineBytes && lines.some((line) => Buffer.byteLength(line) > maxLineBytes)) {
        throw new LineTooLongError(maxLineBytes)
      }
      pendingBytes = chunk.length - end - 1
      if (pendingBytes > maxLineBytes) throw new LineTooLongError(maxLineBytes)
      pending = pendingBytes === 0 ? [] : [chunk.subarray(end + 1)]
      return lines.includes('') ? lines.filter((line) => line !== '') : lines
    },
    rest() {
      return decode(pending, new Uint8Array(0)).text
    },
  }
}

function decode(pending: readonly Uint8Array[], last: Uint8Array): { readonly text: string; readonly bytes: number } {
  const bytes = pending.length === 0 ? last : Buffer.concat([...pending, last])
  return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'), bytes: bytes.byteLength }
}
