import { expect } from 'chai'
import { KubeApiError } from '../../../src/kube/errors.ts'
import { listPages, type Page } from '../../../src/kube/list.ts'

const expired = new KubeApiError({ code: 410, reason: 'Expired', message: 'too old' })
type Asked = { limit: number | undefined; continue: string | undefined }

/** Lists with the given answers in order, and tells what was asked and heard. */
async function run(answers: readonly (Page<string> | Error)[]) {
  const asked: Asked[] = []
  const heard: string[] = []
  const version = await listPages<string>({
    pageSize: 2,
    fetchPage: async (page) => {
      asked.push(page)
      const answer = answers[asked.length - 1]
      if (answer === undefined) throw new Error('asked for one page too many')
      if (answer instanceof Error) throw answer
      return answer
    },
    onStart: (resourceVersion) => heard.push(`start ${resourceVersion}`),
    onItems: (items) => heard.push(...items),
  }).catch((error: Error) => error.message)
  return { asked, heard, version }
}

const page = (items: string[], token?: string, resourceVersion = '7'): Page<string> => ({
  metadata: token === undefined ? { resourceVersion } : { resourceVersion, continue: token },
  items,
})

describe('a list in pages', () => {
  it('follows the tokens to the last page and no further', async () => {
    const { asked, heard, version } = await run([page(['a', 'b'], 't1'), page(['c', 'd'], 't2'), page(['e'])])
    expect(asked).to.deep.equal([
      { limit: 2, continue: undefined },
      { limit: 2, continue: 't1' },
      { limit: 2, continue: 't2' },
    ])
    expect(heard).to.deep.equal(['start 7', 'a', 'b', 'c', 'd', 'e'])
    expect(version).to.equal('7')
  })

  it('ends at an empty token, and takes a list without items', async () => {
    expect((await run([page([], '')])).version).to.equal('7')
    expect((await run([{ metadata: { resourceVersion: '7' }, items: null }])).heard).to.deep.equal(['start 7'])
  })

  it('starts over without pages when a token has expired', async () => {
    const { asked, heard, version } = await run([page(['a', 'b'], 't1'), expired, page(['b', 'c'], undefined, '9')])
    expect(asked.at(-1)).to.deep.equal({ limit: undefined, continue: undefined })
    expect(heard).to.deep.equal(['start 7', 'a', 'b', 'start 9', 'b', 'c'])
    expect(version).to.equal('9')
  })

  it('fails as a page fails otherwise', async () => {
    expect((await run([expired])).version).to.equal('too old')
    expect((await run([page(['a'], 't1'), new Error('cut')])).version).to.equal('cut')
  })
})
