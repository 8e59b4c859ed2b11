/** cli/output/colour.ts — colour on a terminal, and nowhere else. */

import { styleText } from 'node:util'
import type { Output, Shell } from '../shell.ts'

export type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'bold' | 'dim'

/** Gives the text a colour, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string

/** Plain unless `stream` is a terminal that can show colour and NO_COLOR (no-color.org) is not set. */
export function paintFor(stream: Output, env: Shell['env']): Paint {
  const coloured = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  return coloured ? (colour, text) => styleText(colour, text, { validateStream: false }) : PLAIN
}

export const PLAIN: Paint = (_colour, text) => text
