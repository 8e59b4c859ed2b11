/** What the API server fills into a pod before policies look at it. */

import { expect } from 'chai'
import { asCreated, asStored, type PodManifest } from '../../../src/judge/as-created.ts'

const ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/main'
const pod = (container: object = {}, spec: object = {}, annotations: Readonly<Record<string, string>> = {}): PodManifest => ({
  metadata: { namespace: 'shop', annotations },
  spec: { containers: [{ name: 'main', ...container }], ...spec },
})
const volumesOf = ({ spec }: PodManifest) => spec.volumes?.map(({ name }) => name)

describe('a pod as it is created', () => {
  it('runs as the service account that it names, by either name, or as default', () => {
    const accountOf = (spec: object) => asCreated(pod({}, spec)).spec.serviceAccountName
    expect([
      accountOf({}),
      accountOf({ serviceAccount: 'old' }),
      accountOf({ serviceAccountName: 'new', serviceAccount: 'old' }),
    ]).to.deep.equal(['default', 'old', 'new'])
  })

  it('runs as none where it mirrors a static pod', () => {
    expect(asCreated(pod({}, {}, { 'kubernetes.io/config.mirror': 'x' })).spec.serviceAccountName).to.equal('')
  })

  it('gets a volume with a token', () => {
    expect(volumesOf(asCreated(pod()))).to.deep.equal(['kube-api-access-*'])
    expect(volumesOf(asCreated(pod({}, { volumes: [{ name: 'v', emptyDir: {} }] })))).to.deep.equal(['v', 'kube-api-access-*'])
  })

  it('gets none where it wants none, has one, or has something else in its place', () => {
    const mounts = [{ name: 'v', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }]
    expect(volumesOf(asCreated(pod({}, { automountServiceAccountToken: false })))).to.equal(undefined)
    expect(volumesOf(asCreated(pod({}, { volumes: [{ name: 'kube-api-access-x', projected: {} }] })))).to.deep.equal(['kube-api-access-x'])
    expect(volumesOf(asCreated(pod({ volumeMounts: mounts })))).to.equal(undefined)
    expect(volumesOf(asCreated(pod({ volumeMounts: mounts }, { initContainers: [{ name: 'first' }] })))).to.deep.equal([
      'kube-api-access-*',
    ])
    expect(volumesOf(asCreated(pod({}, {}, { 'kubernetes.io/config.mirror': 'x' })))).to.equal(undefined)
  })

  it('has an empty directory where a volume does not say what it is', () => {
    expect(asCreated(pod({}, { volumes: [{ name: 'v' }], automountServiceAccountToken: false })).spec.volumes).to.deep.equal([
      { name: 'v', emptyDir: {} },
    ])
  })

  it('is the same when it has been through that already', () => {
    const once = asStored(asCreated(pod({}, {}, { [ANNOTATION]: 'unconfined' })))
    expect(asStored(asCreated(once))).to.deep.equal(once)
  })

  describe('says about AppArmor', () => {
    const fieldIn = (stored: PodManifest) => stored.spec.containers[0]?.securityContext?.appArmorProfile

    it('in fields what annotations say, unless the pod says the same or the annotation is none', () => {
      expect(fieldIn(asStored(pod({}, {}, { [ANNOTATION]: 'localhost/x' })))).to.deep.equal({ type: 'Localhost', localhostProfile: 'x' })
      expect(fieldIn(asStored(pod({}, {}, { [ANNOTATION]: 'localhost/' })))).to.equal(undefined)
      expect(fieldIn(asStored(pod({}, {}, { [ANNOTATION]: 'whatever' })))).to.equal(undefined)
      const ofPod = { securityContext: { appArmorProfile: { type: 'Unconfined' } } }
      expect(fieldIn(asStored(pod({}, ofPod, { [ANNOTATION]: 'unconfined' })))).to.equal(undefined)
      expect(fieldIn(asStored(pod({}, ofPod, { [ANNOTATION]: 'runtime/default' })))).to.deep.equal({ type: 'RuntimeDefault' })
    })

    it('nothing on Windows', () => {
      const windows = pod({}, { os: { name: 'windows' } }, { [ANNOTATION]: 'unconfined' })
      expect(asStored(windows)).to.deep.equal(windows)
    })
  })
})
