/** cli/report/escape.ts — PURE: text that comes from a cluster, on its way into HTML, SVG and a script: it stays text. */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/**
 * For text and for values in quotes, in HTML and in SVG. What XML cannot hold, and what would turn the direction of the text around it, is
 * shown as a box.
 */
export function escaped(text: string): string {
  return text.replaceAll(UNFIT, '\ufffd').replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/** Control characters but tab and line breaks (XML 1.0, 2.2), lone surrogates, the two non-characters, and bidirectional controls (UAX 9). */
const UNFIT = /(?![\t\n\r])[\p{Cc}\p{Bidi_Control}\p{Cs}\ufffe\uffff]/gu

/** The value as JSON that cannot end the script element around it, nor begin a comment in it. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
