/** cli/completion/candidates.ts — what may stand next on a command line, from the commands and flags themselves. */

import type { Command, Option } from 'commander'

export type Candidate = { readonly value: string; readonly description: string }

/** `files`: names of files may stand there. */
export type Completion = { readonly candidates: readonly Candidate[]; readonly files: boolean }

const NOTHING: Completion = { candidates: [], files: false }
const FILES: Completion = { candidates: [], files: true }

/**
 * `words` is what was typed behind the program's name; the last is what is being typed, and may be empty. `contexts` are asked for where the
 * name of one may stand.
 */
export function completionsOf(program: Command, words: readonly string[], contexts: () => readonly string[]): Completion {
  const current = words.at(-1) ?? ''
  const { command, positional, open } = walk(program, words.slice(0, -1))
  if (open) return valuesOf(open, current, '', contexts)
  const [, flag = '', rest] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? []
  if (rest !== undefined) {
    const option = optionOf(command, flag)
    return option ? valuesOf(option, rest, `${flag}=`, contexts) : NOTHING
  }
  if (current.startsWith('-')) return matching(flagsOf(command), current)
  const below = command.createHelp().visibleCommands(command)
  if (below.length > 0) return matching(below.map(commandCandidate), current)
  const expected = command.registeredArguments[positional] ?? command.registeredArguments.findLast(({ variadic }) => variadic)
  if (!expected) return NOTHING
  if (expected.argChoices) return matching(expected.argChoices.map(plain), current)
  return isFile(expected.name()) ? FILES : NOTHING
}

/** The command that was named, how many arguments it has by now, and the flag whose value comes next. */
function walk(program: Command, words: readonly string[]) {
  let command = program
  let positional = 0
  let open: Option | undefined
  for (const word of words) {
    if (open) {
      open = undefined
      continue
    }
    if (word.startsWith('-') && word !== '-') {
      const option = optionOf(command, word)
      if (option?.required && !word.includes('=')) open = option
      continue
    }
    const below = command.commands.find((child) => child.name() === word || child.aliases().includes(word))
    if (below) command = below
    else positional += 1
  }
  return { command, positional, open }
}

function optionOf(command: Command, flag: string): Option | undefined {
  const name = flag.split('=')[0]
  return command.options.find(({ long, short }) => name === long || name === short)
}

function valuesOf(option: Option, typed: string, before: string, contexts: () => readonly string[]): Completion {
  const named = (values: readonly string[]) => matching(values.map(plain), typed, before)
  if (option.argChoices) return named(option.argChoices)
  if (option.long === '--context') return named(contexts())
  return isFile(/<(.+)>/.exec(option.flags)?.[1] ?? '') ? FILES : NOTHING
}

function flagsOf(command: Command): readonly Candidate[] {
  const help = command.createHelp()
  return help
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ value: long ?? short ?? '', description: firstOf(description) }))
}

function commandCandidate(command: Command): Candidate {
  return { value: command.name(), description: firstOf(command.description()) }
}

function plain(value: string): Candidate {
  return { value, description: '' }
}

function matching(all: readonly Candidate[], typed: string, before = ''): Completion {
  const candidates = all
    .filter(({ value }) => value.startsWith(typed))
    .map(({ value, description }) => ({ value: before + value, description }))
  return { candidates, files: false }
}

function isFile(name: string): boolean {
  return name === 'file' || name === 'path'
}

/** Of a description, what fits beside the word: its first sentence, on one line. */
function firstOf(text: string): string {
  return (/^.*?(?=[.:;] |\.$|$)/s.exec(text)?.[0] ?? text).replaceAll(/\s+/g, ' ')
}

/**
 * As kubectl expects it of `kubectl_complete-NAME`, and our own scripts as well: the protocol of Cobra. Each candidate on a line, with its
 * description behind a tab; at last a colon and a number: 4 when no names of files may stand there (ShellCompDirectiveNoFileComp), 0 when
 * they may.
 */
export function completionText({ candidates, files }: Completion): string {
  const lines = candidates.map(({ value, description }) => (description === '' ? value : `${value}\t${description}`))
  return `${[...lines, files ? ':0' : ':4'].join('\n')}\n`
}
