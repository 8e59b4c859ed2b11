/** support/book-pods.ts — the pods of "Kubernetes in Action", listings 13.1 to 13.20, and the profiles of listings 13.15 and 13.20. */

import type { Profile } from '../../src/api/pod-security/pod-security.ts'
import type { PodManifest } from './pod-security.ts'

const main = (fields: object = {}) => ({ name: 'main', image: 'alpine', command: ['/bin/sleep', '999999'], ...fields })
export const pod = (container: object = {}, spec: object = {}): PodManifest => ({ spec: { containers: [main(container)], ...spec } })
export const secured = (securityContext: object) => pod({ securityContext })

export const BOOK_PODS = {
  '13.1 the network of the node': pod({}, { hostNetwork: true }),
  '13.3 a port of the node': pod({ ports: [{ containerPort: 8080, hostPort: 9000, protocol: 'TCP' }] }),
  '13.4 the PID and IPC namespaces of the node': pod({}, { hostPID: true, hostIPC: true }),
  '13.6 a user': secured({ runAsUser: 405 }),
  '13.7 not root': secured({ runAsNonRoot: true }),
  '13.8 privileged': secured({ privileged: true }),
  '13.11 another capability': secured({ capabilities: { add: ['SYS_TIME'] } }),
  '13.12 one capability less': secured({ capabilities: { drop: ['CHOWN'] } }),
  '13.13 a read-only filesystem': pod(
    { securityContext: { readOnlyRootFilesystem: true }, volumeMounts: [{ name: 'my-volume', mountPath: '/volume', readOnly: false }] },
    { volumes: [{ name: 'my-volume', emptyDir: {} }] },
  ),
  '13.14 groups of a shared volume': {
    spec: {
      securityContext: { fsGroup: 555, supplementalGroups: [666, 777] },
      containers: [1111, 2222].map((runAsUser, index) =>
        main({
          name: index === 0 ? 'first' : 'second',
          securityContext: { runAsUser },
          volumeMounts: [{ name: 'shared-volume', mountPath: '/volume', readOnly: false }],
        }),
      ),
      volumes: [{ name: 'shared-volume', emptyDir: {} }],
    },
  },
  'a plain pod': pod(),
} satisfies Readonly<Record<string, PodManifest>>

export const everybody = [{ kind: 'Group', name: 'system:authenticated' }] as const
const LISTING_13_15 = {
  hostPorts: [
    { min: 10000, max: 11000 },
    { min: 13000, max: 14000 },
  ],
  readOnlyRootFilesystem: true,
  volumes: ['*' as const],
}

export const BOOK_PROFILES: Profile[] = [
  { name: 'default', preset: 'Custom', rules: LISTING_13_15, subjects: [...everybody] },
  // Listing 13.20.
  {
    name: 'privileged',
    preset: 'Custom',
    rules: { privileged: true, volumes: ['*'] },
    subjects: [
      { kind: 'User', name: 'bob' },
      { kind: 'ServiceAccount', namespace: 'book', name: 'granted' },
    ],
  },
]
