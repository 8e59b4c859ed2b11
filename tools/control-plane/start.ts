/** control-plane/start.ts — the order in which a control plane comes up. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

import { AUDIT_POLICY, apiServerArguments, controllerManagerArguments, etcdArguments } from './arguments.ts'
import type { Binaries } from './binaries.ts'
import { CONTROLLER_MANAGER, kubeconfig, newTokens, serviceAccountKeys, type Tokens, tokenFile, USERS } from './credentials.ts'
import { freePorts } from './free-port.ts'
import { type Layout, layoutOf, PROCESS_NAMES, type ProcessName } from './layout.ts'
import { disown } from './owned-processes.ts'
import { endProcesses, type Server, startServer } from './processes.ts'
import { type Client, etcdAnswers, isPopulated, isReady, readObject, until } from './readiness.ts'
import { type ControlPlaneRecord, processesOf, writeRecord } from './record.ts'

export type Start = {
  readonly directory: string
  readonly binaries: Binaries
  readonly detached: boolean
  readonly audit: boolean
  readonly extraApiServerArgs: readonly string[]
}

/** Either all processes run and the control plane is ready, or none is left. */
export async function startOnce(start: Start): Promise<ControlPlaneRecord> {
  const pids: Partial<Record<ProcessName, number>> = {}
  try {
    return await bringUp(start, pids)
  } catch (error) {
    await endProcesses(processesOf(start.directory, { pids }))
    throw error
  }
}

async function bringUp(start: Start, pids: Partial<Record<ProcessName, number>>): Promise<ControlPlaneRecord> {
  const { directory, binaries, detached, audit, extraApiServerArgs: extra } = start
  const layout = layoutOf(directory)
  const tokens = newTokens()
  writeInputs(layout, tokens)
  const [etcdPort = 0, port = 0] = await freePorts(2)
  const record = { url: `https://127.0.0.1:${port}`, kubectl: binaries.kubectl, pids }
  const launch = (name: ProcessName, args: readonly string[]): Server => {
    const server = startServer({ name, command: binaries[name], args, log: layout.log(name), detached })
    pids[name] = server.pid
    // At once: if this process is killed now, `cluster-down` still finds what it started.
    writeRecord(directory, record)
    return server
  }

  const member = `embedded-${randomBytes(6).toString('hex')}`
  const etcd = launch('etcd', etcdArguments({ name: member, clientPort: etcdPort }, layout))
  await until({ what: 'the start of etcd', servers: [etcd] }, () => etcdAnswers(etcdPort, member))

  const apiServer = launch('kube-apiserver', apiServerArguments({ port, etcdPort, audit, extra }, layout))
  const servers = [etcd, apiServer]
  const certificateAuthority = await until({ what: 'the certificate of kube-apiserver', servers }, () => certificateOf(layout))
  writeKubeconfigs(layout, { url: record.url, certificateAuthority, tokens })
  const admin: Client = { url: record.url, certificateAuthority, token: tokens.admin }
  await until({ what: 'readiness of kube-apiserver', servers }, () => isReady(admin))

  servers.push(launch('kube-controller-manager', controllerManagerArguments(layout)))
  await until({ what: 'the first round of kube-controller-manager', servers }, () => isPopulated(admin))

  const { gitVersion: version } = await readObject<{ gitVersion: string }>(admin, '/version')
  const finished = { ...record, version }
  writeRecord(directory, finished)
  if (detached) for (const { pid } of servers) disown(pid)
  return finished
}

const PRIVATE = { mode: 0o600 }

/** Everything that can be written before a port is known; removes what an earlier control plane left. */
function writeInputs(layout: Layout, tokens: Tokens): void {
  for (const folder of [layout.data, layout.certificates]) rmSync(folder, { recursive: true, force: true })
  for (const file of [layout.auditLog, ...PROCESS_NAMES.map(layout.log)]) rmSync(file, { force: true })
  mkdirSync(layout.certificates, { recursive: true, mode: 0o700 })
  const keys = serviceAccountKeys()
  writeFileSync(layout.serviceAccountKey, keys.privateKey, PRIVATE)
  writeFileSync(layout.serviceAccountPublicKey, keys.publicKey)
  writeFileSync(layout.tokens, tokenFile(tokens), PRIVATE)
  writeFileSync(layout.auditPolicy, AUDIT_POLICY)
}

/** Of the two files, the API server writes the key last. */
async function certificateOf({ certificateAuthority, certificateKey }: Layout): Promise<string | undefined> {
  return existsSync(certificateKey) && existsSync(certificateAuthority) ? readFileSync(certificateAuthority, 'utf8') : undefined
}

function writeKubeconfigs(layout: Layout, { tokens, ...cluster }: { url: string; certificateAuthority: string; tokens: Tokens }): void {
  for (const user of USERS) writeFileSync(layout.kubeconfig(user), kubeconfig({ ...cluster, user, token: tokens[user] }), PRIVATE)
  const controllerManager = { user: CONTROLLER_MANAGER, token: tokens[CONTROLLER_MANAGER] }
  writeFileSync(layout.controllerManagerKubeconfig, kubeconfig({ ...cluster, ...controllerManager }), PRIVATE)
}
