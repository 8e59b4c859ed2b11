/** support/terminal.ts — an interactive shell in a terminal, and somebody at its keyboard. */

import { type ChildProcess, spawn } from 'node:child_process'
import { eventually } from './eventually.ts'

export class Terminal {
  readonly #child: ChildProcess
  #screen = ''

  /** `shell` with its arguments, as one command line. `script` (util-linux) gives it the terminal. */
  constructor(shell: string, { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> }) {
    this.#child = spawn('script', ['--quiet', '--flush', '--return', '--command', shell, '/dev/null'], {
      cwd,
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#screen += text
    })
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys)
  }

  /** Resolves once there is `text` in what was shown since the last time this was asked. */
  async shows(text: string | RegExp): Promise<void> {
    await eventually(
      async () => {
        const there = typeof text === 'string' ? this.#screen.includes(text) : text.test(this.#screen)
        if (!there) throw new Error(`${text} is not on the screen: ${JSON.stringify(this.#screen)}`)
      },
      { within: 30_000 },
    )
    this.#screen = ''
  }

  end(): void {
    this.#child.kill()
  }
}
