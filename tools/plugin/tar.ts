/**
 * plugin/tar.ts — files as a tar archive (POSIX.1-2017 pax, "ustar Interchange Format"), the same bytes each time and on every machine.
 *
 * Written here because what is the same everywhere is not asked of the `tar` programs in the same words.
 */

const BLOCK = 512

export type Entry = { readonly name: string; readonly content: Buffer; readonly executable: boolean }

/** Names of at most 100 bytes; owned by nobody in particular, of no time. Throws a RangeError for a name that is longer. */
export function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap((entry) => [headerOf(entry), entry.content, Buffer.alloc(-entry.content.length & (BLOCK - 1))])
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])
}

function headerOf({ name, content, executable }: Entry): Buffer {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`${name} is longer than a tar archive takes`)
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  header.write(name, 0)
  header.write(octal(executable ? 0o755 : 0o644, 8), 100)
  // Owner and group.
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(content.length, 12), 124)
  header.write(octal(0, 12), 136)
  // The checksum is taken with spaces in its place.
  header.write(' '.repeat(8), 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return header
}
