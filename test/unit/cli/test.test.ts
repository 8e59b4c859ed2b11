/** `test` as a person meets it: what is expected of flows, and what became of them. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ACME, CLUSTER, MANNING } from '../../support/book.ts'
import { type Folder, run, start, temporaryFolder } from '../../support/cli.ts'
import { podYaml, policyYaml } from '../../support/lint.ts'
import { call } from '../../support/shell.ts'

const BOOK = 'docs/examples/book/reachability.yaml'
const LISTINGS = 'docs/examples/book/listings.yaml'
const TENANTS = ['-f', CLUSTER, '-f', MANNING, '-f', ACME]

const reachabilityTest = (...flows: readonly string[]) =>
  `apiVersion: tenant-isolation.dev/v1alpha1\nkind: ReachabilityTest\nmetadata: {name: t}\nflows:\n${flows.map((flow) => `- ${flow}\n`).join('')}`
const podTest = (...pods: readonly string[]) =>
  `apiVersion: tenant-isolation.dev/v1alpha1\nkind: ReachabilityTest\nmetadata: {name: t}\n${pods.length > 0 ? 'pods:\n' : ''}${pods.map((pod) => `- ${pod}\n`).join('')}`
const podText = (securityContext = '{privileged: true}', namespace = 'shop', spec = '') =>
  `{metadata: {name: toolbox, namespace: ${namespace}}, spec: {${spec}containers: [{name: main, securityContext: ${securityContext}}]}}`
const flow = (from: string, to: string, rest = 'port: 5432, expect: allow') => `{from: "${from}", to: "${to}", ${rest}}`

describe('test, the command', function () {
  this.timeout(60_000)
  let folder: Folder
  before(() => {
    folder = temporaryFolder()
  })
  after(() => folder.remove())

  const testing = async (text: string, ...args: readonly string[]) => await call('test', folder.file('t.yaml', text), ...TENANTS, ...args)

  it("finds the book's flows as its tenant promises them, and ends with exit code 0", async () => {
    const { code, stdout, stderr } = await run('test', BOOK, ...TENANTS)
    expect(stdout + stderr).to.equal('10 flows: 10 passed, 0 failed\n')
    expect(code).to.equal(0)
  })

  it("finds the one that the book's own policies leave open, says why, and ends with exit code 1", async () => {
    const { code, stdout } = await run('test', BOOK, '-f', CLUSTER, '-f', LISTINGS)
    expect(stdout).to.equal(
      `${BOOK}:24: FAILED: the database does not dial out: expected deny, got allow: egress: no policy isolates it; ingress: outside of the cluster\n10 flows: 9 passed, 1 failed\n`,
    )
    expect(code).to.equal(1)
  })

  it('looks at the policies that are there, and not at what the operator would do, when there is no tenant among the files', async () => {
    const file = folder.file('open.yaml', reachabilityTest(flow('acme/api', 'shop/database')))
    expect((await call('test', file, '-f', CLUSTER)).stdout).to.equal('1 flow: 1 passed, 0 failed\n')
    expect((await call('test', file, ...TENANTS)).concluded).to.equal('findings')
  })

  it('explains an unexpected deny by the sides on which a rule is missing, and whose they are', async () => {
    const { stdout } = await testing(reachabilityTest(flow('acme/api', 'shop/database')))
    expect(stdout).to.include(
      'expected allow, got deny: no egress rule in namespace acme (TenantIsolation acme) lets acme/api-7d4b9c6f8-m5q2z connect to shop/database-0 on TCP 5432',
    )
    expect(stdout).to.include('no ingress rule in namespace shop (TenantIsolation manning) lets shop/database-0 be reached by')
  })

  it('explains an unexpected allow by the rules that let it pass on both sides', async () => {
    const { stdout } = await testing(reachabilityTest(flow('shop/app=webserver', 'shop/database', 'port: 5432, expect: deny')))
    expect(stdout).to.match(
      /: expected deny, got allow: 2 of 2 flows; the first, shop\/webserver-6f6b8d5c7-b6n8d -> shop\/database-0 TCP 5432: egress: allowed by spec\.egress\[0\] of shop\/tenant-isolation-\w+, from egress\/web-to-database of TenantIsolation manning; ingress: allowed by spec\.ingress\[0\] of shop\/tenant-isolation-\w+, from ingress\/web-to-database of TenantIsolation manning\n/,
    )
  })

  it('counts what depends as a failure, unless that is what was expected', async () => {
    const through = (expected: string) =>
      reachabilityTest(flow('shop/webserver', 'service/shop/database', `port: 5432, expect: ${expected}`))
    for (const expected of ['allow', 'deny']) {
      const { stdout, concluded } = await testing(through(expected))
      expect(stdout).to.include(`expected ${expected}, got depends: `).and.to.include('rules are compared with the address of the Service')
      expect(concluded).to.equal('findings')
    }
    expect((await testing(through('depends'))).concluded).to.equal('nothing')
    const certain = await testing(reachabilityTest(flow('shop/webserver', 'shop/database', 'port: 5432, expect: depends')))
    expect(certain.stdout).to.include('expected depends, got allow')
  })

  it('wants every pod of an end to be as expected', async () => {
    const pods =
      podYaml('lab/one', '{tier: front, app: one}') + podYaml('lab/two', '{tier: front, app: two}') + podYaml('lab/db', '{app: db}')
    const deny = policyYaml(
      'lab/db',
      '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: one}}}], ports: [{port: 80}]}]}',
    )
    const cluster = folder.file('lab.yaml', pods + deny)
    for (const [expected, example] of [
      ['allow', 'lab/two -> lab/db TCP 80: no ingress rule in namespace lab lets lab/two be reached by'],
      ['deny', 'lab/one -> lab/db TCP 80: egress: no policy isolates it; ingress: allowed by spec.ingress[0] of lab/db'],
    ] as const) {
      const file = folder.file('mixed.yaml', reachabilityTest(flow('lab/tier=front', 'lab/db', `port: 80, expect: ${expected}`)))
      const { stdout } = await call('test', file, '-f', cluster)
      expect(stdout).to.include(`expected ${expected}, got ${expected === 'allow' ? 'deny' : 'allow'}: 1 of 2 flows; the first, `)
      expect(stdout).to.include(example.replace('lab/two be reached by', 'lab/db be reached by lab/two'))
    }
  })

  it('does not pass what cannot be judged: an end or a port that is not there', async () => {
    const { stdout, concluded } = await testing(
      reachabilityTest(
        flow('shop/app=wbe', 'shop/database', 'port: 5432, expect: deny'),
        flow('shop/webserver', 'shop/database', 'port: mysql, expect: deny'),
      ),
    )
    expect(stdout).to.include(
      't.yaml:5: ERROR: shop/app=wbe -> shop/database, TCP 5432: expected deny, but it cannot be judged: there are no pods with app=wbe in namespace shop; there are ',
    )
    expect(stdout).to.include('no container of shop/database gives a port the name mysql')
    expect(stdout).to.include('2 flows: 0 passed, 0 failed, 2 could not be judged')
    expect(concluded).to.equal('findings')
  })

  it('takes JSON lines, also from standard input, and names the line of a failure', async () => {
    const lines = [
      '{"from":"shop/app=webserver","to":"shop/app=database","port":5432,"protocol":"TCP","expect":"allow"}',
      '',
      '{"from":"acme/api","to":"shop/app=database","port":5432,"protocol":"TCP","expect":"allow"}',
    ].join('\n')
    const { code, stdout } = await start(['test', '-', ...TENANTS], { input: lines }).ended
    expect(stdout).to.match(/^standard input:3: FAILED: acme\/api -> shop\/app=database, TCP 5432: expected allow, got deny: /)
    expect(stdout).to.match(/2 flows: 1 passed, 1 failed\n$/)
    expect(code).to.equal(1)
  })

  it('takes folders, with all files that may hold tests', async () => {
    folder.file('tests/a.yaml', reachabilityTest(flow('shop/webserver', 'shop/database')))
    folder.file('tests/deep/b.jsonl', '{"from":"shop/webserver","to":"shop/database","port":5432,"expect":"allow"}\n')
    folder.file('tests/notes.txt', 'nothing')
    const { stdout } = await call('test', join(folder.path, 'tests'), ...TENANTS)
    expect(stdout).to.equal('2 flows: 2 passed, 0 failed\n')
  })

  it('gives programs every result', async () => {
    const { stdout } = await testing(
      reachabilityTest(flow('shop/webserver', 'shop/database'), flow('acme/api', 'shop/database', 'port: 53/UDP, expect: allow')),
      '-o',
      'json',
    )
    const { summary, results } = JSON.parse(stdout)
    expect(summary).to.deep.equal({ flows: 2, pods: 0, passed: 1, failed: 1, errors: 0 })
    expect(results[0]).to.deep.equal({
      name: 'shop/webserver -> shop/database, TCP 5432',
      from: 'shop/webserver',
      to: 'shop/database',
      port: 5432,
      expect: 'allow',
      result: 'passed',
      file: join(folder.path, 't.yaml'),
    })
    expect(results[1]).to.include({ port: 53, protocol: 'UDP', result: 'failed', actual: 'deny', line: 6 })
  })

  it('gives a pull request a table of what failed', async () => {
    const { stdout } = await testing(reachabilityTest(flow('acme/api', 'shop/database')), '-o', 'markdown')
    expect(stdout).to.match(
      /^\| Flow \| Expected \| Is \| Because \| Where \|\n\|---\|---\|---\|---\|---\|\n\| acme\/api -\\> shop\/database, TCP 5432 \| allow \| deny \| no egress rule/,
    )
    expect(stdout).to.match(/\n\n1 flow: 0 passed, 1 failed\n$/)
  })

  it('writes JUnit XML for a CI server, with names that mean something to XML', async () => {
    const junit = join(folder.path, 'junit.xml')
    const odd = `{name: "<&\\"'>\\u0001", from: acme/api, to: shop/database, port: 5432, expect: allow}`
    await testing(reachabilityTest(flow('shop/webserver', 'shop/database'), odd, flow('shop/nobody', 'shop/database')), '--junit', junit)
    const lines = readFileSync(junit, 'utf8').split('\n')
    expect(lines.slice(0, 2)).to.deep.equal([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites name="tenant-isolation test" tests="3" failures="1" errors="1">',
    ])
    const file = join(folder.path, 't.yaml')
    expect(lines[3]).to.equal(`    <testcase name="shop/webserver -&gt; shop/database, TCP 5432" classname="${file}"/>`)
    expect(lines[4]).to.equal(`    <testcase name="&lt;&amp;&quot;'&gt;\uFFFD" classname="${file}" file="${file}" line="6">`)
    expect(lines[5]).to.match(/^ {6}<failure message="expected allow, got deny">.*:6: no egress rule .*<\/failure>$/)
    expect(lines[8]).to.match(
      /^ {6}<error message="expected allow, but it cannot be judged">.*there is neither a pod nor a workload nobody in namespace shop/,
    )
  })

  describe('of pods', () => {
    const REFUSED =
      'the pod does not fit profile "default": container main: privileged is not allowed. It would fit profile "privileged", which '

    it('finds them let in and refused as the tenant has it, for the users who create them', async () => {
      const { stdout, stderr, concluded } = await testing(
        podTest(
          `{user: bob, expect: allow, pod: ${podText()}}`,
          `{user: alice, expect: deny, pod: ${podText()}}`,
          `{user: alice, expect: allow, pod: ${podText('{}')}}`,
          `{user: 'system:serviceaccount:shop:builder', expect: allow, pod: ${podText('{}')}}`,
        ),
      )
      expect(stdout + stderr).to.equal('4 pods: 4 passed, 0 failed\n')
      expect(concluded).to.equal('nothing')
    })

    it('explains a refusal in the words of the API server, and names the line', async () => {
      const { stdout, concluded } = await testing(
        podTest(`{user: alice, expect: allow, pod: ${podText()}}`, `{name: the agent starts, expect: allow, pod: ${podText()}}`),
      )
      expect(stdout.replaceAll(`${folder.path}/`, '')).to.equal(
        `t.yaml:5: FAILED: pod shop/toolbox, created by alice: expected allow, got deny: ${REFUSED}neither user "alice" nor service account "shop/default" may use\n` +
          `t.yaml:6: FAILED: the agent starts: expected allow, got deny: ${REFUSED}service account "shop/default" may not use\n` +
          '2 pods: 0 passed, 2 failed\n',
      )
      expect(concluded).to.equal('findings')
    })

    it('says by which profile one comes in that should not, or that none is asked for', async () => {
      const { stdout } = await testing(
        podTest(`{user: bob, expect: deny, pod: ${podText()}}`, `{user: bob, expect: deny, pod: ${podText('{}', 'kube-system')}}`),
      )
      expect(stdout).to.include('expected deny, got allow: profile "privileged" of TenantIsolation manning lets it in\n')
      expect(stdout).to.include('expected deny, got allow: namespace kube-system belongs to no tenant: no profile is asked for\n')
    })

    const tenant = (podSecurity: string, more = '') =>
      folder.file(
        'own.yaml',
        `{apiVersion: v1, kind: Namespace, metadata: {name: own, labels: {tenant: own}}}\n---\n{apiVersion: tenant-isolation.dev/v1alpha1, kind: TenantIsolation, metadata: {name: own}, spec: {namespaceSelector: {matchLabels: {tenant: own}}, ${more}podSecurity: ${podSecurity}}}\n`,
      )
    const BASIC = `profiles: [{name: default, preset: Basic, subjects: [{kind: Group, name: "system:authenticated"}]}]`
    const own = async (podSecurity: string, text: string, more = '', ...args: readonly string[]) =>
      (await call('test', folder.file('t.yaml', podTest(text)), '-f', tenant(podSecurity, more), ...args)).stdout

    it('knows the modes: with Warn, Audit and Disabled nobody is refused; of a suspended tenant nothing is known', async () => {
      const text = `{user: alice, expect: deny, pod: ${podText(undefined, 'own')}}`
      expect(await own(`{${BASIC}}`, text)).to.equal('1 pod: 1 passed, 0 failed\n')
      const message = 'the pod does not fit profile "default": container main: privileged is not allowed'
      expect(await own(`{mode: Warn, ${BASIC}}`, text)).to.include(
        `expected deny, got allow: TenantIsolation own has podSecurity.mode Warn, so its creator is only warned: ${message}\n`,
      )
      expect(await own(`{mode: Audit, ${BASIC}}`, text)).to.include(
        `has podSecurity.mode Audit, so it is only noted in the audit log: ${message}\n`,
      )
      expect(await own(`{mode: Disabled, ${BASIC}}`, text)).to.include(
        'TenantIsolation own has podSecurity.mode Disabled: no profile is asked for\n',
      )
      expect(await own(`{${BASIC}}`, text, 'suspend: true, ')).to.include(
        'expected deny, but it cannot be judged: TenantIsolation own is suspended: whether its profiles are asked for depends on what was written before\n',
      )
    })

    it('fills in defaults where the API server does, which depends on its version', async () => {
      const restricted = `{defaulting: Enabled, profiles: [{name: default, preset: Restricted, subjects: [{kind: User, name: alice}]}]}`
      const text = `{user: alice, expect: allow, pod: ${podText('{}', 'own')}}`
      expect(await own(restricted, text, '', '--kubernetes-version', '1.36')).to.equal('1 pod: 1 passed, 0 failed\n')
      expect(await own(restricted, text, '', '--kubernetes-version', '1.35')).to.include('allowPrivilegeEscalation must be false')
      const file = folder.file('t.yaml', podTest(text))
      expect((await call('test', file, '-f', tenant(restricted))).stderr).to.include(
        'whether the API server can fill in defaults depends on its version',
      )
    })

    it('does not pass what cannot be judged: a namespace that is not there, what is no pod', async () => {
      const { stdout, concluded } = await testing(
        podTest(
          `{user: alice, expect: deny, pod: ${podText(undefined, 'nowhere')}}`,
          `{user: alice, expect: deny, pod: ${podText('{capabilities: {add: NET_ADMIN}}')}}`,
        ),
      )
      expect(stdout).to.include(
        'expected deny, but it cannot be judged: there is no Namespace nowhere among the files, whose labels say which tenant it belongs to\n',
      )
      expect(stdout).to.include('expected deny, but it cannot be judged: this is not a pod that an API server takes (')
      expect(stdout).to.include('2 pods: 0 passed, 0 failed, 2 could not be judged\n')
      expect(concluded).to.equal('findings')
    })

    it('stand beside flows, for people, programs, pull requests and CI servers', async () => {
      const text = `${reachabilityTest(flow('shop/webserver', 'shop/database'))}pods:\n- {user: alice, groups: [developers], expect: allow, pod: ${podText()}}\n`
      const junit = join(folder.path, 'pods.xml')
      expect((await testing(text, '--junit', junit)).stdout).to.match(/\n1 flow and 1 pod: 1 passed, 1 failed\n$/)
      expect(readFileSync(junit, 'utf8'))
        .to.include('tests="2" failures="1" errors="0"')
        .and.include('<testcase name="pod shop/toolbox, created by alice"')
      const { summary, results } = JSON.parse((await testing(text, '-o', 'json')).stdout)
      expect(summary).to.deep.equal({ flows: 1, pods: 1, passed: 1, failed: 1, errors: 0 })
      expect(results[1]).to.deep.equal({
        name: 'pod shop/toolbox, created by alice',
        user: 'alice',
        groups: ['developers'],
        pod: 'shop/toolbox',
        expect: 'allow',
        result: 'failed',
        actual: 'deny',
        explanation: `${REFUSED}neither user "alice" nor service account "shop/default" may use`,
        file: join(folder.path, 't.yaml'),
        line: 7,
      })
      expect((await testing(text, '-o', 'markdown')).stdout).to.match(
        /^\| Flow or pod \|[\s\S]*\| pod shop\/toolbox, created by alice \| allow \| deny \|/,
      )
    })
  })

  it('judges ten thousand flows in a few seconds', async () => {
    const ends = [
      'shop/app=webserver',
      'shop/app=database',
      'shop/app=shopping-cart',
      'warehouse/stock',
      'acme/api',
      'acme/website',
      '192.168.1.7',
      'internet',
    ]
    const lines = Array.from({ length: 10_000 }, (_, index) => {
      const [from, to] = [ends[index % 6], ends[Math.floor(index / 6) % 8]]
      return JSON.stringify({ from, to, port: 1 + index, protocol: 'TCP', expect: 'deny' })
    })
    const file = folder.file('many.jsonl', lines.join('\n'))
    const before = process.cpuUsage()
    const { stdout } = await call('test', file, ...TENANTS)
    const { user, system } = process.cpuUsage(before)
    expect(stdout).to.match(/10000 flows: \d+ passed/)
    expect((user + system) / 1e6, 'seconds of work').to.be.lessThan(5)
  })

  describe('refuses', () => {
    const refused = async (text: string, name = 'broken.yaml') => {
      const file = folder.file(name, text)
      const { refused: yes, stdout, stderr } = await call('test', file, ...TENANTS)
      expect(yes).to.equal(true)
      expect(stdout).to.equal('')
      return stderr.replaceAll(`${folder.path}/`, '')
    }
    for (const [what, text, sentence] of [
      [
        'an unknown field',
        reachabilityTest('{from: a/b, to: a/b, port: 80, expct: allow, expect: allow}'),
        'broken.yaml:5: ReachabilityTest t (document 1): flows[0].expct: unknown field\n',
      ],
      [
        'an expectation that is none',
        reachabilityTest('{from: a/b, to: a/b, port: 80, expect: yes}'),
        'flows[0].expect: must be of type string; supported values: "allow", "deny", "depends"\n',
      ],
      [
        'what is missing',
        reachabilityTest('{from: a/b, to: a/b, port: 80}'),
        'broken.yaml:5: ReachabilityTest t (document 1): flows[0].expect: Required value\n',
      ],
      [
        'a port that is none',
        reachabilityTest('{from: a/b, to: a/b, port: 70000, expect: allow}'),
        'flows[0].port: "70000" is not a port; write a number from 1 to 65535 such as 80 or 53/UDP, or the name of a port\n',
      ],
      [
        'a port that contradicts its protocol',
        reachabilityTest('{from: a/b, to: a/b, port: 53/UDP, protocol: TCP, expect: allow}'),
        'flows[0].protocol: the port says UDP; say it once\n',
      ],
      [
        'no flows',
        'apiVersion: tenant-isolation.dev/v1alpha1\nkind: ReachabilityTest\nmetadata: {name: t}\nflows: []\n',
        'broken.yaml:4: ReachabilityTest t (document 1): flows: name at least one flow\n',
      ],
      [
        'another kind',
        '{apiVersion: v1, kind: Namespace, metadata: {name: shop}}',
        'broken.yaml:1: this is no ReachabilityTest; policies, pods and tenants are given with -f\n',
      ],
      ['what is not YAML', 'kind: ReachabilityTest\nflows: [\n', 'broken.yaml:3: not YAML: '],
      ['an empty file', '', 'broken.yaml: there is nothing in it; write a ReachabilityTest, or one flow a line as JSON\n'],
      ['neither flows nor pods', podTest(), 'ReachabilityTest t (document 1): name at least one flow, or one pod\n'],
      [
        'a pod without a namespace, for that decides who judges it',
        podTest(`{user: alice, expect: deny, pod: {metadata: {name: p}, spec: {containers: [{name: c}]}}}`),
        'broken.yaml:5: ReachabilityTest t (document 1): pods[0].pod.metadata.namespace: write the namespace: it decides which tenant the pod belongs to\n',
      ],
      [
        'a pod without containers',
        podTest(`{user: alice, expect: deny, pod: {metadata: {namespace: shop}, spec: {containers: []}}}`),
        'pods[0].pod.spec.containers: name at least one container\n',
      ],
      [
        'groups of nobody',
        podTest(`{groups: [a], expect: deny, pod: ${podText()}}`),
        'pods[0].groups: groups are those of a user; name the user, too\n',
      ],
      [
        'to expect of a pod that it depends',
        podTest(`{user: alice, expect: depends, pod: ${podText()}}`),
        'pods[0].expect: supported values: "allow", "deny"\n',
      ],
    ] as const) {
      it(`${what}, with one sentence`, async () => expect(await refused(text)).to.include(sentence))
    }

    it('a broken line of JSON lines, and names it', async () => {
      const text =
        '{"from":"a/b","to":"a/b","port":80,"expect":"allow"}\n{"from":"a/b"\n{"to":"a/b","port":1,"expect":"allow"}\n{"from":"a","to":"b","port":0,"expect":"deny"}\n'
      expect(await refused(text, 'broken.jsonl')).to.match(
        /^broken\.jsonl:2: not JSON; every line has to be one object, such as .*\nbroken\.jsonl:3: from: Required value\nbroken\.jsonl:4: port: "0" is not a port; .*\n$/,
      )
    })

    it('to list the same mistake in ten thousand lines', async () => {
      expect((await refused('{"from":"a/b"}\n'.repeat(10_000), 'same.jsonl')).trim().split('\n')).to.have.length(21)
    })

    it('two things on standard input, a file that is not there, and a JUnit file that cannot be written', async () => {
      expect((await call('test', '-', '-f', '-')).stderr).to.include('standard input holds either the tests or what -f or --facts names')
      expect((await call('test', '/does/not/exist', ...TENANTS)).stderr).to.include('cannot read /does/not/exist: it does not exist')
      const { stderr } = await call('test', BOOK, ...TENANTS, '--junit', '/does/not/exist.xml')
      expect(stderr).to.include('cannot write /does/not/exist.xml: its folder does not exist')
      expect((await call('test')).stderr).to.include("missing required argument 'file'")
    })
  })
})
