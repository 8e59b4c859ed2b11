/** cli/check/answer.ts — PURE: the lines for people, for pull requests and for programs. */

import type { Answer } from '../output/answer.ts'
import type { Colour, Paint } from '../output/colour.ts'
import { markdownTable } from '../output/table.ts'
import { checkPage, fails, type Line, type Mark } from './line.ts'

const MARKS: Readonly<Record<Mark, readonly [sign: string, colour: Colour]>> = {
  ok: ['✓', 'green'],
  missing: ['✗', 'red'],
  unseen: ['?', 'red'],
  warning: ['!', 'yellow'],
  pending: ['-', 'cyan'],
}

export type Checked = { readonly server: string; readonly version: string; readonly lines: readonly Line[] }

export function checkAnswer(checked: Checked): Answer {
  return { text: (paint) => textOf(checked, paint), markdown: () => markdownOf(checked), value: () => checkedValue(checked) }
}

function textOf({ lines, ...checked }: Checked, paint: Paint): string {
  const width = Math.max(...lines.map(({ check }) => check.length))
  const rows = lines.map((line) => {
    const [sign, colour] = MARKS[line.mark]
    return `${paint(colour, sign)} ${line.check.padEnd(width)}  ${sentence(line)} ${paint('dim', checkPage(line.check))}`
  })
  return [...rows, '', summary({ lines, ...checked })].join('\n')
}

function sentence({ reason, advice }: Line): string {
  return advice === undefined ? `${reason}.` : `${reason}. To do: ${advice}.`
}

function summary({ lines, server }: Checked): string {
  const count = (mark: Mark) => lines.filter((line) => line.mark === mark).length
  const parts = [
    ...(count('missing') > 0 ? [`${count('missing')} missing`] : []),
    ...(count('unseen') > 0 ? [`${count('unseen')} could not be seen`] : []),
    ...(count('warning') > 0 ? [`${count('warning')} to know`] : []),
  ]
  if (lines.some(fails)) return `${server}: ${parts.join(', ')}`
  const fit = lines.some(({ mark }) => mark === 'pending') ? 'has what an installation needs' : 'has all that is needed'
  return [`${server} ${fit}`, ...parts].join('; ')
}

function markdownOf({ lines, ...checked }: Checked): string {
  const row = (line: Line) => [MARKS[line.mark][0], line.check, sentence(line), checkPage(line.check)]
  return `${markdownTable(['', 'Check', 'How it is', 'More'], lines.map(row))}\n\n${summary({ lines, ...checked })}`
}

function checkedValue({ lines, server, version }: Checked): unknown {
  return {
    server,
    version,
    ok: !lines.some(fails),
    checks: lines.map((line) => ({ ...line, docs: checkPage(line.check) })),
  }
}
