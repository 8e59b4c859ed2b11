/** support/dockerfile.ts — the Dockerfile of this checkout, instruction by instruction. */

import { page } from './markdown.ts'

export type Instruction = { readonly name: string; readonly rest: string }
export type Stage = { readonly from: string; readonly instructions: readonly Instruction[] }

/** The stages in order; `from` is the image, without the name of the stage. */
export function stages(text: string = page('Dockerfile')): readonly Stage[] {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
  const found: { from: string; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
    if (name === 'FROM') found.push({ from: rest.replace(/ AS \w+$/, ''), instructions: [] })
    else if (name !== '') found.at(-1)?.instructions.push({ name, rest })
  }
  return found
}

export function textsOf({ instructions }: Stage, name: string): readonly string[] {
  return instructions.flatMap((instruction) => (instruction.name === name ? [instruction.rest] : []))
}
