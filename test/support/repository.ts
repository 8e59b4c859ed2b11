/** support/repository.ts — a git repository on this machine, as people make theirs from examples/gitops. */

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from './run.ts'

const ROOT = join(import.meta.dirname, '../..')

/** What the example says where people have the address of their own repository. */
const EXAMPLE_URL = 'https://git.example.com/platform.git'

/** A clone of what the example needs, under the address `url`. */
export class Repository {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  get url(): string {
    return `file://${this.directory}`
  }

  async create(): Promise<void> {
    for (const path of ['crds', 'charts/tenant-isolation', 'examples/gitops']) {
      mkdirSync(dirname(join(this.directory, path)), { recursive: true })
      cpSync(join(ROOT, path), join(this.directory, path), { recursive: true })
    }
    for (const file of ['root', 'apps/0-definition', 'apps/1-operator', 'apps/2-tenants']) {
      this.edit(`examples/gitops/${file}.yaml`, (text) => text.replaceAll(EXAMPLE_URL, this.url))
    }
    await this.#git('init', '--quiet', '--initial-branch=main')
    await this.commit('the example')
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), 'utf8')
  }

  edit(path: string, change: (text: string) => string): void {
    const before = this.read(path)
    const after = change(before)
    if (after === before) throw new Error(`${path} is not changed by this edit`)
    writeFileSync(join(this.directory, path), after)
  }

  async commit(message: string): Promise<void> {
    await this.#git('add', '--all')
    await this.#git('-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', `--message=${message}`)
  }

  async #git(...args: readonly string[]): Promise<void> {
    const { code, complaint } = await run('git', args, { cwd: this.directory })
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${complaint}`)
  }
}
