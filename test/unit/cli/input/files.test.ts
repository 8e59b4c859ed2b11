import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import { readFiles } from '../../../../src/cli/input/files.ts'
import { type Folder, temporaryFolder } from '../../../support/cli.ts'
import { shellWith } from '../../../support/shell.ts'

const namespace = (name: string) => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}}}\n`

describe('the files of -f', () => {
  let folder: Folder
  before(() => {
    folder = temporaryFolder()
    folder.file('b.yaml', namespace('b'))
    folder.file('a.yml', namespace('a'))
    folder.file('nested/deeper/c.json', '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "c"}}')
    folder.file('README.md', '# not YAML: [')
    folder.file('.git/config.yaml', 'not: [yaml')
    folder.file('elsewhere/d.yaml', namespace('d'))
    mkdirSync(join(folder.path, 'empty'))
    symlinkSync(join(folder.path, 'elsewhere/d.yaml'), join(folder.path, 'nested/link.yaml'))
    symlinkSync(folder.path, join(folder.path, 'nested/circle'))
  })
  after(() => folder.remove())

  const names = async (paths: readonly string[], input = ''): Promise<readonly unknown[]> => {
    const objects = await readFiles(paths, shellWith({ stdin: Readable.from([input]) }))
    return objects.map(({ value }) => (value as { metadata: { name: string } }).metadata.name)
  }

  it('are read in their order, folders with all that is in them by name', async () => {
    expect(await names([folder.path])).to.deep.equal(['a', 'b', 'd', 'c', 'd'])
    expect(await names([join(folder.path, 'nested'), join(folder.path, 'a.yml')])).to.deep.equal(['c', 'd', 'a'])
  })

  it('may be standard input', async () => {
    expect(await names(['-', join(folder.path, 'a.yml')], namespace('in'))).to.deep.equal(['in', 'a'])
  })

  const refusal = async (...paths: readonly string[]): Promise<string> => {
    try {
      await names(paths)
    } catch (error) {
      expect((error as Error).name).to.equal('UsageError')
      return (error as Error).message
    }
    throw new Error('nothing was refused')
  }

  it('have to be there, and a folder has to hold something', async () => {
    expect(await refusal('/does/not/exist')).to.equal('cannot read /does/not/exist: it does not exist')
    expect(await refusal(join(folder.path, 'empty'))).to.equal(`${folder.path}/empty has no .yaml, .yml or .json files in it`)
  })

  it('are all looked at before it is said which of them are not YAML, and in which line', async () => {
    const [one, two] = [folder.file('bad/one.yaml', 'a: 1\nb: [\n'), folder.file('bad/two.yaml', 'a: "')]
    const message = await refusal(join(folder.path, 'bad'))
    expect(message.split('\n')).to.have.lengthOf(2)
    expect(message).to.include(`${one}:3: not YAML`).and.to.include(`${two}:1: not YAML`)
  })

  it('are called standard input in a complaint about it', async () => {
    expect(await readFiles(['-'], shellWith({ stdin: Readable.from(['a: [']) })).catch((error: Error) => error.message)).to.include(
      'standard input:1: not YAML',
    )
  })
})
