/** demo/typed.ts — what people type into a terminal, and what they read there. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { User } from '../control-plane/credentials.ts'
import { tryKubectl } from '../control-plane/kubectl.ts'
import { ROOT, type Stage } from './stage.ts'
import { indented, trimmed } from './text.ts'

export type Typed = {
  /** The administrator unless said. */
  readonly user?: User
  /** Without kubectl; arguments have no spaces in them. */
  readonly command: string
  /** What has to be in the answer. */
  readonly reads: RegExp
  /** It has to fail. */
  readonly refused?: boolean
}

type Answer = { readonly text: string; readonly asExpected: boolean }

const PATIENCE_MS = 10_000

/** Shows the command and its answer, all of which has to come true. */
export async function show(stage: Stage, typed: Typed): Promise<void> {
  stage.say(`${typed.user ?? ''}$ kubectl ${typed.command}`)
  const { text, asExpected } = await answerTo(stage, typed)
  if (!asExpected) throw unexpected(typed, text)
  stage.say(indented(trimmed(text)))
}

/** Milliseconds until the server would answer as expected: nothing is done. */
export function rehearsed(stage: Stage, typed: Typed): Promise<number> {
  return untilAnswered(stage, { ...typed, command: `${typed.command} --dry-run=server` })
}

/** Milliseconds until a command that may be repeated is answered as expected; throws after ten seconds. */
export async function untilAnswered(stage: Stage, typed: Typed): Promise<number> {
  const since = performance.now()
  for (;;) {
    const { text, asExpected } = await answerTo(stage, typed)
    const ms = performance.now() - since
    if (asExpected) return ms
    if (ms > PATIENCE_MS) throw unexpected(typed, text)
    await sleep(20)
  }
}

async function answerTo({ controlPlane }: Stage, { user = 'admin', command, reads, refused = false }: Typed): Promise<Answer> {
  const { code, output, complaint } = await tryKubectl(controlPlane, command.split(' '), { user, directory: ROOT })
  // As a terminal has it: a warning comes before what is done all the same.
  const text = complaint + output
  return { text, asExpected: (code !== 0) === refused && reads.test(text) }
}

function unexpected({ user = 'admin', command, reads, refused }: Typed, text: string): Error {
  return new Error(`${user}'s kubectl ${command} should have been ${refused ? 'refused' : 'done'} with ${reads}; the answer was: ${text}`)
}
