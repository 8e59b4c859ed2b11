/** control-plane/credentials.ts — who the control plane lets in: tokens, kubeconfigs, the keys of service accounts. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { stringify } from 'yaml'

/** Alice and Bob are developers of one tenant; what they may do is up to the RBAC under test. */
export const USERS = ['admin', 'alice', 'bob'] as const
export type User = (typeof USERS)[number]

export const CONTROLLER_MANAGER = 'system:kube-controller-manager'
type Account = User | typeof CONTROLLER_MANAGER

const GROUPS: Readonly<Record<Account, readonly string[]>> = {
  admin: ['system:masters'],
  alice: ['manning-developers'],
  bob: ['manning-developers'],
  [CONTROLLER_MANAGER]: [],
}

export type Tokens = Readonly<Record<Account, string>>

/** New ones for every control plane: everybody on this machine can reach its port. */
export function newTokens(): Tokens {
  const token = () => randomBytes(24).toString('base64url')
  return { admin: token(), alice: token(), bob: token(), [CONTROLLER_MANAGER]: token() }
}

/** The file for --token-auth-file: token, user name, uid, groups. */
export function tokenFile(tokens: Tokens): string {
  return Object.entries(GROUPS)
    .map(([account, groups]) => `${tokens[account as Account]},${account},${account},"${groups.join(',')}"\n`)
    .join('')
}

export type Access = {
  readonly url: string
  readonly certificateAuthority: string
  readonly user: string
  readonly token: string
  readonly namespace?: string
}

/** Holds the certificate and the token themselves, so that it works wherever it is copied to. */
export function kubeconfig({ url, certificateAuthority, user, token, namespace }: Access): string {
  const cluster = 'embedded'
  const certificate = Buffer.from(certificateAuthority).toString('base64')
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server: url, 'certificate-authority-data': certificate } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: user, context: { cluster, user, ...(namespace && { namespace }) } }],
    'current-context': user,
  })
}

export type KeyPair = { readonly privateKey: string; readonly publicKey: string }

/** An elliptic key, because it takes no time to make; the form of the private one is the one Kubernetes reads. */
export function serviceAccountKeys(): KeyPair {
  return generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}
