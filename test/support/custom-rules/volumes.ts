/** support/custom-rules/volumes.ts — rules about volumes: their types, the paths of the node, drivers, and the API token that everybody gets. */

import type { PodManifest } from '../pod-security.ts'
import { type Cases, context, plain, volume } from './case.ts'

const claim = { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } }

/** The types that a pod may have unless said. */
const ORDINARY: readonly object[] = [
  { configMap: { name: 'x' } },
  { csi: { driver: 'x' } },
  { downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'metadata.name' } }] } },
  { emptyDir: {} },
  { ephemeral: claim },
  { image: { reference: 'x' } },
  { persistentVolumeClaim: { claimName: 'x' } },
  { projected: { sources: [{ secret: { name: 'x' } }] } },
  { secret: { secretName: 'x' } },
]
const nfs = { nfs: { server: 'x', path: '/' } }
const hostPath = (path: string) => ({ hostPath: { path } })

/** No API token is mounted into it. */
const bare = (volumes: readonly object[] = []): PodManifest => context({}, { automountServiceAccountToken: false, volumes })
const named = (source: object) => ({ name: 'v', ...source })

const projected = (...sources: readonly object[]) => volume({ projected: { sources } })
const token = (fields: object = {}) => ({ serviceAccountToken: { path: 'token', ...fields } })
const authority = { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } }
const downward = (...items: readonly object[]) => ({ downwardAPI: { items } })
const namespaceItem = { path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }

const mount = (fields: object = {}) => ({ name: 'v', mountPath: '/mnt', ...fields })
/** Two paths, both mounted to be written to. */
const bothMounted = (path: string, other: string): PodManifest => ({
  spec: {
    containers: [{ name: 'main', image: 'none', volumeMounts: [mount(), { name: 'w', mountPath: '/other' }] }],
    volumes: [named(hostPath(path)), { name: 'w', ...hostPath(other) }],
  },
})
/** The path, mounted by the main container and perhaps by one that runs first. */
const mounted = (path: string, mounts: readonly object[], first?: readonly object[]): PodManifest => ({
  spec: {
    containers: [{ name: 'main', image: 'none', volumeMounts: mounts }],
    ...(first && { initContainers: [{ name: 'first', image: 'none', volumeMounts: first }] }),
    volumes: [named(hostPath(path)), { name: 'scratch', emptyDir: {} }],
  },
})
/** Something else is wrong with it. */
const alsoWrong = (pod: PodManifest): PodManifest => ({ ...pod, spec: { ...pod.spec, hostPID: true } })
const readOnly = { readOnly: true }
const scratch = { name: 'scratch', mountPath: '/scratch' }

const PROJECTED = /volume v: projected is not allowed$/
const OUTSIDE = /volume v: hostPath is outside the allowed paths: "\/var\/log", "\/etc\/", "\/etc\/app"$/
const ONLY_THAT = /profile "default": hostPID is not allowed$/
const READ_ONLY = /volume v: this hostPath must be mounted read-only$/

export const VOLUMES: Cases = {
  'ordinary volumes': {
    rules: {},
    fits: ORDINARY.map(volume),
    refused: [
      [volume(hostPath('/')), /volume v: hostPath is not allowed$/],
      [volume(nfs), /volume v: nfs is not allowed$/],
    ],
  },
  'every volume': { rules: { volumes: ['*'] }, fits: [volume(hostPath('/x')), volume(nfs), volume({ emptyDir: {} })], refused: [] },
  'no volume': {
    rules: { volumes: [] },
    fits: [bare()],
    refused: [[bare([named({ emptyDir: {} })]), /volume v: emptyDir is not allowed$/]],
  },
  'the API token without secrets': {
    rules: { volumes: ['emptyDir', 'configMap'] },
    fits: [bare(), bare([named({ emptyDir: {} })])],
    refused: [
      [plain, /volume kube-api-access-\w+: projected is not allowed$/],
      [bare([named({ secret: { secretName: 'x' } })]), /volume v: secret is not allowed$/],
      [bare([named({ emptyDir: {} }), { name: 'w', ...nfs }]), /profile "default": volume w: nfs is not allowed$/],
    ],
  },
  'the API token': {
    rules: { volumes: ['secret', 'emptyDir'] },
    fits: [
      plain,
      projected(token(), authority, downward(namespaceItem)),
      projected(token()),
      projected(authority),
      projected(downward(namespaceItem)),
    ],
    refused: [
      projected({ secret: { name: 'x' } }),
      projected(token(), { secret: { name: 'x' } }),
      projected(token({ path: 'other' })),
      projected(token({ audience: 'vault' })),
      projected({ configMap: { name: 'other' } }),
      projected(authority, { configMap: { name: 'other' } }),
      projected(downward({ ...namespaceItem, path: 'other' })),
      projected(downward({ path: 'namespace', fieldRef: { fieldPath: 'metadata.name' } })),
      projected(downward({ path: 'namespace', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } })),
      projected(downward(namespaceItem, { path: 'name', fieldRef: { fieldPath: 'metadata.name' } })),
    ].map((pod) => [pod, PROJECTED] as const),
  },
  'host paths': {
    rules: {
      volumes: ['hostPath', 'secret', 'emptyDir'],
      hostPaths: [{ pathPrefix: '/var/log' }, { pathPrefix: '/etc/', readOnly: true }, { pathPrefix: '/etc/app' }],
    },
    old: mounted('/etc', [mount(readOnly)]),
    fits: [
      mounted('/var/log', [mount()]),
      mounted('/var/log/', [mount()]),
      mounted('/var/log/pods/x', [mount()]),
      mounted('/etc', [mount(readOnly), scratch]),
      mounted('/etc/ssl', [mount(readOnly)], [mount(readOnly), scratch]),
      mounted('/etc/app', [mount()]),
      mounted('/etc/ssl', []),
      { ephemeral: { volumeMounts: [mount(readOnly), scratch] } },
    ],
    refused: [
      ...['/', '/var', '/var/logs', '/etcd', '/home/etc/'].map((path) => [mounted(path, [mount(readOnly)]), OUTSIDE] as const),
      // Outside is said alone.
      [mounted('/home', [mount()]), /default": volume v: hostPath is outside the allowed paths: [^;]*$/],
      [mounted('/etc', [mount()]), READ_ONLY],
      [mounted('/etc/application', [mount()]), READ_ONLY],
      [mounted('/etc', [mount({ readOnly: false })]), READ_ONLY],
      [mounted('/etc', [mount(readOnly), mount({ mountPath: '/other' })]), READ_ONLY],
      [mounted('/etc', [mount(readOnly)], [mount()]), READ_ONLY],
      [mounted('/etc', [], [mount()]), READ_ONLY],
      [{ ephemeral: { volumeMounts: [mount()] } }, READ_ONLY],
      [bothMounted('/home', '/var/log'), OUTSIDE],
      [bothMounted('/etc', '/var/log'), READ_ONLY],
      [alsoWrong(mounted('/etc', [mount(readOnly)])), ONLY_THAT],
    ],
  },
  drivers: {
    rules: {
      volumes: ['csi', 'flexVolume', 'emptyDir', 'secret'],
      csiDrivers: ['a.example', 'b.example'],
      flexVolumeDrivers: ['x/a', 'x/b'],
    },
    fits: [
      volume({ csi: { driver: 'a.example' } }),
      volume({ csi: { driver: 'b.example' } }),
      volume({ flexVolume: { driver: 'x/b' } }),
      volume({ emptyDir: {} }),
    ],
    refused: [
      [volume({ csi: { driver: 'c.example' } }), /volume v: csi driver is not allowed; allowed are "a\.example", "b\.example"$/],
      [volume({ flexVolume: { driver: 'x/c' } }), /volume v: flexVolume driver is not allowed; allowed are "x\/a", "x\/b"$/],
      [alsoWrong(volume({ csi: { driver: 'a.example' } })), ONLY_THAT],
      [alsoWrong(volume({ flexVolume: { driver: 'x/b' } })), ONLY_THAT],
    ],
  },
  'any driver': {
    rules: { volumes: ['csi', 'flexVolume', 'secret'] },
    fits: [volume({ csi: { driver: 'c.example' } }), volume({ flexVolume: { driver: 'x/c' } })],
    refused: [
      [alsoWrong(volume({ csi: { driver: 'c.example' } })), ONLY_THAT],
      [alsoWrong(volume({ flexVolume: { driver: 'x/c' } })), ONLY_THAT],
    ],
  },
}
