/** cli/output/table.ts — PURE: rows in columns, for a terminal and for Markdown. */

/** The heads are in capitals, as kubectl writes them; a column is as wide as its widest cell. `gap` is how many spaces are between two. */
export function textTable(heads: readonly string[], rows: readonly (readonly string[])[], gap = 3): string {
  const all = [heads, ...rows]
  const widths = heads.map((_, column) => all.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0))
  return all.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' '.repeat(gap))}`.trimEnd()).join('\n')
}

/** The same with cells that are broken at commas, so that no column is wider than `widest` says, as far as there are commas. */
export function wrappedTable(heads: readonly string[], rows: readonly (readonly string[])[], widest: readonly number[]): string {
  const broken = rows.flatMap((row) => {
    const cells = row.map((cell, column) => brokenAtCommas(cell, widest[column] ?? Number.POSITIVE_INFINITY))
    const height = Math.max(...cells.map((lines) => lines.length))
    return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ''))
  })
  return textTable(heads, broken)
}

/** Lines of at most `width` characters, as far as there are commas to break at. */
export function brokenAtCommas(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const part of text.split(/(?<=,) /)) {
    const last = lines.at(-1)
    if (last !== undefined && `${last} ${part}`.length <= width) lines[lines.length - 1] = `${last} ${part}`
    else lines.push(part)
  }
  return lines
}

export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(' | ')} |`
  return [line(heads), `|${heads.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

/** Text that means nothing to Markdown, on one line. */
export function markdownText(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|]/g, '\\$&').replaceAll(/\s*\n\s*/g, ' ')
}
