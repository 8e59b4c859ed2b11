import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { createConnectionKeeper } from '../../../src/kube/connections.ts'
import { createCredentialSource, sameTls } from '../../../src/kube/credentials.ts'
import { TransportError } from '../../../src/kube/errors.ts'

type User = Parameters<KubeConfig['loadFromClusterAndUser']>[1]
type Cluster = Parameters<KubeConfig['loadFromClusterAndUser']>[0]

function configOf(user: Omit<User, 'name'>, cluster: Partial<Cluster> = {}): KubeConfig {
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: 'https://127.0.0.1', skipTLSVerify: false, ...cluster }, { name: 'u', ...user })
  return config
}

/** A source whose clock is moved by hand. */
function sourceOf(config: KubeConfig) {
  const time = { now: 0 }
  return { time, source: createCredentialSource(config, () => time.now, 5_000) }
}

const directories: string[] = []

async function fileWith(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'credentials-'))
  directories.push(directory)
  const file = join(directory, 'file')
  await writeFile(file, text)
  return file
}

const inFile = (tokenFile: string) => ({ authProvider: { name: 'tokenFile', config: { tokenFile } } })
/** An exec plugin that gives out token-1, token-2, ... and never says that one expires. */
const plugin = (counter: string) => ({
  exec: {
    command: '/bin/sh',
    args: ['-c', `echo x >> ${counter}; printf '{"status": {"token": "token-%s"}}' $(wc -l < ${counter})`],
  },
})

describe('credentials', () => {
  after(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true }))))

  it('are a header that holds the token, without the newline that its file ends with', async () => {
    const { source } = sourceOf(configOf(inFile(await fileWith('secret\n'))))
    expect((await source.current()).headers).to.deep.equal(['Authorization', 'Bearer secret'])
  })

  it('are those of the kubeconfig, of whatever kind', async () => {
    const headers = async (user: Omit<User, 'name'>) => (await sourceOf(configOf(user)).source.current()).headers
    expect(await headers({ token: 't' })).to.deep.equal(['Authorization', 'Bearer t'])
    expect(await headers({ username: 'u', password: 'p' })).to.deep.equal(['Authorization', 'Basic dTpw'])
    expect(await headers({ token: 't', impersonateUser: 'alice' })).to.deep.equal([
      'Impersonate-User',
      'alice',
      'Authorization',
      'Bearer t',
    ])
    expect(await headers({})).to.deep.equal([])
  })

  it('hold what TLS needs', async () => {
    const caFile = await fileWith('the authority')
    const user = { certData: Buffer.from('certificate').toString('base64'), keyData: Buffer.from('key').toString('base64') }
    const { tls } = await sourceOf(configOf(user, { caFile, tlsServerName: 'kubernetes' })).source.current()
    expect(tls).to.deep.equal({
      ca: Buffer.from('the authority'),
      cert: Buffer.from('certificate'),
      key: Buffer.from('key'),
      servername: 'kubernetes',
    })
    expect((await sourceOf(configOf({}, { skipTLSVerify: true })).source.current()).tls).to.deep.equal({ rejectUnauthorized: false })
  })

  it('are read again after some seconds, so that a new authority is noticed', async () => {
    const caFile = await fileWith('old')
    const { time, source } = sourceOf(configOf({ token: 't' }, { caFile }))
    const first = await source.current()
    await writeFile(caFile, 'new')
    time.now = 4_999
    expect(await source.current()).to.equal(first)
    time.now = 5_000
    const second = await source.current()
    expect(second.tls.ca).to.deep.equal(Buffer.from('new'))
    expect(sameTls(first.tls, second.tls)).to.equal(false)
  })

  it('are renewed once for all whom the server refused together', async () => {
    const { source } = sourceOf(configOf(plugin(await fileWith(''))))
    const refused = await source.current()
    const renewed = await Promise.all([source.renewed(refused), source.renewed(refused), source.renewed(refused)])
    expect(renewed.map(({ headers }) => headers[1])).to.deep.equal(Array(3).fill('Bearer token-2'))
    expect((await source.renewed(refused)).headers[1], 'by somebody who comes late').to.equal('Bearer token-2')
    expect((await source.current()).headers[1]).to.equal('Bearer token-2')
    expect((await source.renewed(await source.current())).headers[1]).to.equal('Bearer token-3')
  })

  it('are renewed even if they were read again since, with the same cached token in them', async () => {
    const tokenFile = await fileWith('old')
    const { time, source } = sourceOf(configOf(inFile(tokenFile)))
    const refused = await source.current()
    await writeFile(tokenFile, 'new')
    time.now = 5_000
    expect((await source.current()).headers[1]).to.equal('Bearer old')
    expect((await source.renewed(refused)).headers[1]).to.equal('Bearer new')
    time.now = 10_000
    await writeFile(tokenFile, 'newer')
    const [, renewed] = await Promise.all([source.current(), source.renewed(await source.current())])
    expect(renewed.headers[1]).to.equal('Bearer newer')
  })

  it('that cannot be had are an error that quotes no secret, and are tried again', async () => {
    const failing = async (text: string): Promise<TransportError> => {
      const { source } = sourceOf(configOf({ exec: { command: '/bin/sh', args: ['-c', text] } }))
      const error = await source.current().catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(TransportError)
      return error as TransportError
    }
    const printed = await failing('echo hunter2')
    expect(printed).to.include({ failure: 'credentials', applied: 'no' })
    expect(`${printed.message} ${printed.stack} ${printed.cause}`).to.include('did not print JSON').and.not.include('hunter2')
    expect((await failing('echo no network >&2; exit 1')).message).to.include('no network')

    const tokenFile = await fileWith('t')
    const { source } = sourceOf(configOf(inFile(`${tokenFile}-later`)))
    expect(await source.current().catch(() => 'failed')).to.equal('failed')
    await writeFile(`${tokenFile}-later`, 'now')
    expect((await source.current()).headers[1]).to.equal('Bearer now')
  })
})

describe('connections', () => {
  const tls = (ca: string) => ({ ca: Buffer.from(ca) })

  it('are kept as long as the TLS material is the same, byte by byte', async () => {
    const keeper = createConnectionKeeper('https://127.0.0.1:1', undefined)
    const first = keeper.for(tls('a'))
    expect(keeper.for(tls('a'))).to.equal(first)
    expect(keeper.for(tls('b'))).to.not.equal(first)
    await keeper.destroy(new Error('over'))
    expect(() => keeper.for(tls('b'))).to.throw(TransportError, 'over')
  })

  it('go through HTTP proxies only', () => {
    expect(() => createConnectionKeeper('https://127.0.0.1:1', 'socks5://127.0.0.1:2')).to.throw('only http and https proxies')
  })
})

describe('TLS material', () => {
  it('is the same when every part is', () => {
    const whole = { ca: 'a', cert: 'b', key: 'c', servername: 'd', rejectUnauthorized: true }
    expect(sameTls(whole, { ...whole, ca: Buffer.from('a') })).to.equal(true)
    for (const part of ['ca', 'cert', 'key', 'servername'] as const) expect(sameTls(whole, { ...whole, [part]: 'x' }), part).to.equal(false)
    expect(sameTls(whole, { ...whole, rejectUnauthorized: false })).to.equal(false)
    expect(sameTls({}, { ca: 'a' })).to.equal(false)
  })
})
