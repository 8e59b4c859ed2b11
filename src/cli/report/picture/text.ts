/** cli/report/picture/text.ts — PURE: how wide a text will be, where nothing can measure it. */

/** Widths in hundredths of the font size, a little above those of Helvetica, DejaVu Sans and Segoe UI. */
const NARROW = 36
const USUAL = 62
const WIDE = 94

/** Pixels that `text` takes in a proportional font of this size at most. */
export function widthOf(text: string, size: number): number {
  let width = 0
  for (const character of text) width += hundredths(character)
  return (width * size) / 100
}

function hundredths(character: string): number {
  if (/[iljtfI.,:;'|!()[\]/ -]/.test(character)) return NARROW
  // Scripts beyond Latin may be as wide as they are high.
  return /[mwMW@%—…]/.test(character) || character > '\u024f' ? WIDE : USUAL
}

/** As much of the text as fits, with an ellipsis where some of it does not. */
export function fitted(text: string, size: number, width: number): string {
  if (widthOf(text, size) <= width) return text
  const characters = [...text]
  while (characters.length > 1 && widthOf(`${characters.join('')}…`, size) > width) characters.pop()
  return `${characters.join('')}…`
}
