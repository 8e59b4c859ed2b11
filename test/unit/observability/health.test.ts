import { connect } from 'node:net'
import { expect } from 'chai'
import { type HealthServer, type HealthServerOptions, parseAddress, startHealthServer } from '../../../src/observability/health.ts'

describe('the health server', () => {
  let server: HealthServer | undefined

  async function start(options: Partial<HealthServerOptions> = {}): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
    server = await startHealthServer({ address: '127.0.0.1:0', liveness: {}, readiness: {}, ...options })
    const { port } = server
    return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init)
  }

  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  it('says ok while all checks pass, and names them for those who ask', async () => {
    const get = await start({ readiness: { caches: () => undefined, leader: () => undefined } })
    const short = await get('/readyz')
    expect([short.status, await short.text()]).to.deep.equal([200, 'ok'])
    const long = await get('/readyz?verbose')
    expect([long.status, await long.text()]).to.deep.equal([200, '[+]caches ok\n[+]leader ok\nreadyz check passed\n'])
    const healthy = await get('/healthz?verbose=1')
    expect([healthy.status, await healthy.text()]).to.deep.equal([200, 'healthz check passed\n'])
  })

  it('says which check fails and why, without being asked', async () => {
    const get = await start({ readiness: { ping: () => undefined, caches: () => 'networkpolicies: no list for 3 minutes' } })
    const response = await get('/readyz')
    expect([response.status, await response.text()]).to.deep.equal([
      500,
      '[+]ping ok\n[-]caches failed: networkpolicies: no list for 3 minutes\nreadyz check failed\n',
    ])
  })

  it('keeps life and readiness apart', async () => {
    const get = await start({ liveness: {}, readiness: { caches: () => 'not synced' } })
    expect([(await get('/healthz')).status, (await get('/readyz')).status]).to.deep.equal([200, 500])
  })

  it('asks anew each time', async () => {
    let failure: string | undefined = 'starting'
    const get = await start({ readiness: { caches: () => failure } })
    expect((await get('/readyz')).status).to.equal(500)
    failure = undefined
    expect((await get('/readyz')).status).to.equal(200)
  })

  it('takes a check that throws for one that fails', async () => {
    const get = await start({
      liveness: {
        loop: () => {
          throw new Error('a bug')
        },
      },
    })
    const response = await get('/healthz')
    expect([response.status, await response.text()]).to.deep.equal([
      500,
      '[-]loop failed: the check itself failed: a bug\nhealthz check failed\n',
    ])
  })

  it('serves the metrics with their type', async () => {
    const get = await start({ metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', render: async () => 'a 1\n' } })
    const response = await get('/metrics')
    expect([response.status, response.headers.get('content-type'), await response.text()]).to.deep.equal([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      'a 1\n',
    ])
  })

  it('survives metrics that cannot be rendered', async () => {
    const get = await start({ metrics: { contentType: 'text/plain', render: () => Promise.reject(new Error('no')) } })
    expect((await get('/metrics')).status).to.equal(500)
    expect((await get('/healthz')).status).to.equal(200)
  })

  it('answers a HEAD without a body, and nothing but GET and HEAD', async () => {
    const get = await start()
    const head = await get('/healthz', { method: 'HEAD' })
    expect([head.status, await head.text()]).to.deep.equal([200, ''])
    const post = await get('/healthz', { method: 'POST', body: 'x' })
    expect([post.status, post.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD'])
  })

  it('knows no other path', async () => {
    const get = await start()
    for (const path of ['/', '/metrics', '/healthz/', '/readyz/caches', '/..//healthz?']) {
      expect((await get(path)).status, path).to.equal(404)
    }
  })

  it('says why it cannot start', async () => {
    await start()
    const taken = server?.port
    for (const [address, reason] of [
      [`127.0.0.1:${taken}`, 'EADDRINUSE'],
      ['8080', 'is not an address to listen on'],
    ] as const) {
      const failure = await startHealthServer({ address, liveness: {}, readiness: {} }).then(
        () => 'started',
        (error: unknown) => String(error),
      )
      expect(failure).to.contain(reason)
    }
  })

  it('closes although a client keeps its connection, one has sent half a request, and one still waits for its answer', async () => {
    const get = await start({ metrics: { contentType: 'text/plain', render: () => new Promise(() => {}) } })
    const waiting = get('/metrics').then(
      () => 'answered',
      () => 'cut off',
    )
    await (await get('/healthz')).text()
    const socket = connect(server?.port ?? 0, '127.0.0.1')
    socket.on('error', () => {})
    await new Promise((resolve) => socket.write('GET /healthz HTTP/1.1\r\n', resolve))
    const begin = performance.now()
    await server?.close()
    server = undefined
    expect(performance.now() - begin).to.be.within(900, 3000)
    expect(await waiting).to.equal('cut off')
    socket.destroy()
    const refused = await get('/healthz').then(
      () => 'answered',
      () => 'refused',
    )
    expect(refused).to.equal('refused')
  })
})

describe('an address to listen on', () => {
  it('has a host or not, and always a port', () => {
    expect(parseAddress(':8080')).to.deep.equal({ port: 8080 })
    expect(parseAddress('127.0.0.1:0')).to.deep.equal({ host: '127.0.0.1', port: 0 })
    expect(parseAddress('localhost:65535')).to.deep.equal({ host: 'localhost', port: 65_535 })
    expect(parseAddress('[::1]:8080')).to.deep.equal({ host: '::1', port: 8080 })
  })

  it('is refused in any other form, with what to write instead', () => {
    for (const address of [
      '',
      '8080',
      'localhost',
      ':',
      ':x',
      ':65536',
      ':-1',
      '::1:8080',
      'http://localhost:8080',
      '[]:80',
      '[localhost]:80',
      ' :80',
    ]) {
      expect(() => parseAddress(address), address).to.throw(RangeError, 'write host:port')
    }
  })
})
