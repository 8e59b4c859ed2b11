/** demo/text.ts — how the story looks in a terminal. */

const WIDTH = 116

/** A message that fits: what goes on is indented like what begins. */
export function indented(text: string): string {
  return text.trimEnd().split('\n').flatMap(wrapped).join('\n')
}

/** Tables stay as they are: they are aligned by runs of spaces. */
function wrapped(line: string): readonly string[] {
  const lines: string[] = []
  for (const word of line.includes('   ') ? [line] : line.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`  ${word}`)
  }
  return lines
}

/** What a person reads of a refusal: of the policy that refuses, … is left, but for the gate, whose binding's name says what to do. */
export function trimmed(text: string): string {
  return text.replace(GATE, "… $<binding>.…' denied request: …").replace(REFUSED_BY, '… ')
}

/** "The pods "web" is invalid: : " has nothing between its colons. */
const GATE =
  /(: )?ValidatingAdmissionPolicy '[^']+' with (?<binding>binding 'namespace-is-not-isolated-yet\.try-again-in-a-moment)\.[^']+' .*/g
const REFUSED_BY = /(Validation failed for )?ValidatingAdmissionPolicy '[^']+' with binding '[^']+'( denied request)?: /g

export function took(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}
