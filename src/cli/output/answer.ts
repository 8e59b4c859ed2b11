/** cli/output/answer.ts — what a command has found out, in the form that was asked for: -o text, json, yaml or markdown. */

import { type Command, Option } from 'commander'
import { print, type Shell } from '../shell.ts'
import { type Paint, paintFor } from './colour.ts'
import { createProgress, type Progress } from './progress.ts'
import { yaml } from './yaml.ts'

export const OUTPUT_FORMATS = ['text', 'json', 'yaml', 'markdown'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

export type Answer = {
  /** For people; may be empty. */
  readonly text: (paint: Paint) => string
  /** For pull requests and the like. */
  readonly markdown: () => string
  /** For programs. */
  readonly value: () => unknown
  /** Unless it is simply the value. */
  readonly yaml?: () => string
}

export type OutputOptions = { readonly output: OutputFormat }

export function addOutputOption(command: Command, usual: OutputFormat = 'text'): Command {
  return command.addOption(new Option('-o, --output <format>', 'how the answer is written').choices(OUTPUT_FORMATS).default(usual))
}

/** `progress` is that of the work before it: it goes on for as long as the answer is being written down. */
export async function present(
  answer: Answer,
  format: OutputFormat,
  shell: Shell,
  progress: Progress = createProgress(shell.stderr),
): Promise<void> {
  progress.at('writing the answer')
  const text = lines(written(answer, format, shell))
  progress.end()
  await print(shell, text)
}

function written({ text, markdown, value, yaml: asYaml }: Answer, format: OutputFormat, { stdout, env }: Shell): string {
  switch (format) {
    case 'text':
      return text(paintFor(stdout, env))
    case 'markdown':
      return markdown()
    case 'json':
      return JSON.stringify(value(), undefined, 2)
    case 'yaml':
      return asYaml?.() ?? yaml(value())
  }
}

function lines(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
