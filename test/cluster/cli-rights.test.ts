/** Somebody whose rights do not reach: told which, and given them by the line that they are told. */

import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { expect } from 'chai'
import { namespacesOf } from '../support/build.ts'
import { type Folder, run, temporaryFolder } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { end, type Kube, openKube } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

describe('a person without rights', function () {
  this.timeout(120_000)

  let kube: Kube
  let running: RunningOperator
  let folder: Folder
  const made: string[] = []

  before(async () => {
    folder = temporaryFolder()
    kube = await openKube()
    running = await startOperator()
    await kube.createNamespace('cli-rights', { tenant: 'cli-rights' })
    await kube.applyTenant('cli-rights', { namespaceSelector: namespacesOf('cli-rights') })
    await kube.ready('cli-rights')
  })

  after(async () => {
    folder?.remove()
    for (const name of made) await kube.kubectl(`delete clusterrole,clusterrolebinding ${name} --ignore-not-found`)
    await end(kube, running)
  })

  /** As an administrator who pastes the line into a shell. */
  const paste = (line: string): Promise<void> => {
    made.push(/create clusterrole (\S+)/.exec(line)?.[1] ?? '')
    const env = {
      PATH: `${dirname(kube.controlPlane.kubectl)}:${process.env.PATH}`,
      KUBECONFIG: kube.controlPlane.kubeconfig('admin'),
      HOME: folder.path,
    }
    return new Promise((resolve, reject) => {
      execFile('/bin/sh', ['-c', line], { env }, (error, _stdout, stderr) => (error ? reject(new Error(stderr)) : resolve()))
    })
  }

  const linesIn = (stderr: string): readonly string[] => stderr.split('\n').filter((line) => line.startsWith('  kubectl create'))

  for (const [user, command] of [
    ['alice', 'render'],
    ['bob', 'diff'],
  ] as const) {
    it(`who calls ${command} learns all that is missing at once, and the line that gives it makes the command work`, async () => {
      const flags = ['--kubeconfig', kube.controlPlane.kubeconfig(user)]
      const refused = await run(command, ...flags)
      expect(refused.code).to.equal(2)
      expect(refused.stdout).to.equal('')
      expect(refused.stderr).to.match(
        new RegExp(`^tenant-isolation: user "${user}" may not list .*namespaces, .*services, tenantisolations.* \\(https://127`),
      )
      expect(refused.stderr).not.to.match(/^\s+at /m)
      const [line = '', ...more] = linesIn(refused.stderr)
      expect(more).to.deep.equal([])
      expect(line, 'least privilege')
        .to.include(' --verb=list --resource=')
        .and.not.to.match(/\*|secrets/)
      await paste(line)
      // RBAC takes a moment to reach the authorizer.
      await eventually(
        async () => {
          const { code, stdout, stderr } = await run(command, ...flags)
          expect(stderr).to.equal('')
          expect(code).to.equal(0)
          expect(stdout).to.include(command === 'render' ? 'name: network-guard.cli-rights.tenant-isolation.dev' : 'no differences')
        },
        { within: 10_000 },
      )
    })
  }

  it('who asks about one namespace needs rights in that namespace for what is in it', async () => {
    await kube.kubectl('create serviceaccount reader -n cli-rights')
    const kubeconfig = await kubeconfigWith((await kube.kubectl('create token reader -n cli-rights')).trim())
    const { stderr } = await run('diff', '--kubeconfig', kubeconfig, '-n', 'cli-rights')
    expect(stderr).to.include(
      'user "system:serviceaccount:cli-rights:reader" may not list endpointslices, services, tenantisolations, nor get namespaces, nor list networkpolicies, rolebindings in namespace cli-rights (',
    )
    const lines = linesIn(stderr)
    expect(lines).to.have.lengthOf(2)
    expect(lines[1]).to.include('--verb=get,list').and.to.include('create rolebinding').and.to.include('--namespace=cli-rights --')
    for (const line of lines) await paste(line)
    await eventually(
      async () => {
        const { code, stdout } = await run('diff', '--kubeconfig', kubeconfig, '-n', 'cli-rights')
        expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'no differences\n' })
      },
      { within: 10_000 },
    )
  })

  it('whose credentials nobody knows is told to log in again', async () => {
    const { code, stderr } = await run('render', '--kubeconfig', await kubeconfigWith('unknown-token'))
    expect(stderr)
      .to.include('does not know these credentials; log in again, or choose another --context')
      .and.not.to.include('unknown-token')
    expect(code).to.equal(2)
  })

  const kubeconfigWith = async (token: string): Promise<string> => {
    const view = JSON.parse(await kube.kubectl('config view --raw -o json'))
    const users = view.users.map(({ name }: { readonly name: string }) => ({ name, user: { token } }))
    return folder.file('kubeconfig', JSON.stringify({ ...view, users }))
  }
})
