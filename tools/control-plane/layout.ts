/** control-plane/layout.ts — the files of a control plane in its directory. */
import { join } from 'node:path'

import type { User } from './credentials.ts'

export const PROCESS_NAMES = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const
export type ProcessName = (typeof PROCESS_NAMES)[number]

export type Layout = ReturnType<typeof layoutOf>

export function layoutOf(directory: string) {
  const file = (name: string) => join(directory, name)
  return {
    /** Which processes run here, for those who did not start them. */
    record: file('control-plane.json'),
    auditLog: file('audit.log'),
    auditPolicy: file('audit-policy.yaml'),
    certificates: file('certificates'),
    /** Leaf and CA in one file; kube-apiserver writes it when it starts. */
    certificateAuthority: file('certificates/apiserver.crt'),
    certificateKey: file('certificates/apiserver.key'),
    data: file('etcd'),
    tokens: file('tokens.csv'),
    serviceAccountKey: file('service-account.key'),
    serviceAccountPublicKey: file('service-account.pub'),
    controllerManagerKubeconfig: file('kube-controller-manager.kubeconfig'),
    operatorKubeconfig: file('operator.kubeconfig'),
    kubectlCache: file('kubectl-cache'),
    kubeconfig: (user: User) => file(`${user}.kubeconfig`),
    log: (process: ProcessName) => file(`${process}.log`),
  } as const
}
