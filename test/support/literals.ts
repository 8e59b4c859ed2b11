/** support/literals.ts — the texts in a TypeScript source: what stands in quotes and between the holes of templates, without comments. */

type Frame = { readonly quote: "'" | '"' | '`'; text: string } | { readonly quote: '${'; braces: number }

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t' }

/** In the order of the source. A template gives a text for each part between its holes, and those of the templates inside of them. */
export function literalsIn(source: string): readonly string[] {
  const found: string[] = []
  const stack: Frame[] = []
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? ''
    const frame = stack.at(-1)
    if (frame && frame.quote !== '${') {
      if (char === '\\') {
        const next = source[++at] ?? ''
        frame.text += ESCAPED[next] ?? next
      } else if (char === frame.quote) {
        found.push(frame.text)
        stack.pop()
      } else if (frame.quote === '`' && source.startsWith('${', at)) {
        found.push(frame.text)
        frame.text = ''
        stack.push({ quote: '${', braces: 0 })
        at++
      } else frame.text += char
    } else if (source.startsWith('//', at)) at = endOf(source, '\n', at)
    else if (source.startsWith('/*', at)) at = endOf(source, '*/', at) + 1
    else if (char === "'" || char === '"' || char === '`') stack.push({ quote: char, text: '' })
    else if (frame && char === '{') frame.braces++
    else if (frame && char === '}' && frame.braces-- === 0) stack.pop()
  }
  return found
}

function endOf(source: string, mark: string, from: number): number {
  const end = source.indexOf(mark, from)
  return end < 0 ? source.length : end
}
