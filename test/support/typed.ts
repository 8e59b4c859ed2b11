/** support/typed.ts — commands as a page shows them: typed into a shell at the top of a checkout, and their answers compared with those on the page. */

import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { ControlPlane } from '../../tools/control-plane/control-plane.ts'
import type { User } from '../../tools/control-plane/credentials.ts'
import { run } from './run.ts'

const ROOT = resolve(import.meta.dirname, '../..')

type Answer = { readonly code: number; readonly answer: string }

/** One command of a transcript (`$ command`, with `\` at the end of a line that goes on), and what stands below it. */
export type Shown = { readonly command: string; readonly answer: string }

export function transcript(block: string): readonly Shown[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [, command = '', answer = ''] = /^((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(text) ?? []
      return { command, answer }
    })
}

/** As a terminal has it: what is said on standard error comes along. `…` on the page is any text; ages and widths of columns do not count. */
export function isAsShown(answer: string, shown: string): boolean {
  const pattern = plain(shown)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[\\s\\S]*')
  return new RegExp(`^${pattern}$`).test(plain(answer))
}

function plain(text: string): string {
  return text
    .trim()
    .replaceAll(/(?<=\s)(\d+[smh])+(?=\s|$)/g, 'AGE')
    .replaceAll(/ +/g, ' ')
    .replaceAll(/ +$/gm, '')
}

export type Typing = {
  readonly controlPlane: ControlPlane
  /** Programs whose folders come first in the path. */
  readonly tools: readonly string[]
  /** The administrator unless said. */
  readonly user?: User
  /** The top of the checkout unless said. */
  readonly folder?: string
}

/** In a shell that ends at the first command that fails. Resolves with all that a terminal would show, and the exit code. */
export async function type({ controlPlane, tools, user = 'admin', folder = ROOT }: Typing, text: string): Promise<Answer> {
  const home = join(controlPlane.directory, 'home')
  mkdirSync(home, { recursive: true })
  const env = {
    PATH: [join(ROOT, 'bin'), ...tools.map((tool) => dirname(tool)), process.env.PATH].join(':'),
    HOME: home,
    KUBECONFIG: controlPlane.kubeconfig(user),
  }
  const { code, output } = await run('bash', ['-ec', `{ ${text}\n} 2>&1`], { cwd: folder, env })
  return { code, answer: output }
}
