/**
 * judge/as-created.ts — a pod as the policies see it when somebody creates it: with what the API server fills in before them, as far as a rule
 * looks at it. A pod that has been through that comes out as it was.
 */

/** A pod as people write it; of what is in it, the parts that are filled in. */
export type PodManifest = {
  readonly metadata: Metadata
  readonly spec: PodSpec
}

type Metadata = { readonly name?: string; readonly namespace: string; readonly annotations?: Annotations }
type Annotations = Readonly<Record<string, string>>

type PodSpec = {
  readonly serviceAccountName?: string
  /** What serviceAccountName was called once. */
  readonly serviceAccount?: string
  readonly automountServiceAccountToken?: boolean
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly os?: { readonly name?: string }
  readonly securityContext?: Context
}

type Container = {
  readonly name: string
  readonly volumeMounts?: readonly { readonly name?: string; readonly mountPath: string }[]
  readonly securityContext?: Context
}
type Context = { readonly appArmorProfile?: AppArmorProfile; readonly [field: string]: unknown }
type AppArmorProfile = { readonly type: string; readonly localhostProfile?: string }
type Volume = { readonly name: string; readonly [source: string]: unknown }

/** As mutating policies see it (core/v1 defaults.go, conversion.go; the admission plugin ServiceAccount). */
export function asCreated(pod: PodManifest): PodManifest {
  const { spec } = pod
  // The mirror of a static pod gets none, and is refused with one.
  const account = MIRROR in (pod.metadata.annotations ?? {}) ? '' : 'default'
  const named = { ...spec, serviceAccountName: spec.serviceAccountName || spec.serviceAccount || account }
  // Without a word of what it is, a volume is an empty directory.
  const volumes = spec.volumes?.map((volume) => (Object.keys(volume).length === 1 ? { ...volume, emptyDir: {} } : volume))
  return { ...pod, spec: withToken({ ...named, ...(volumes && { volumes }) }, pod.metadata.annotations) }
}

/** A pod that runs, as it was before the API server created it, and without what was only brought into it later. */
export function createdAgain({ metadata, spec }: PodManifest): PodManifest {
  const { ephemeralContainers: _, nodeName: __, ...own } = spec as PodSpec & { readonly nodeName?: string }
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => name === MIRROR || name.startsWith(APP_ARMOR))
  return {
    metadata: { ...metadata, annotations: Object.fromEntries(annotations) },
    spec: {
      ...own,
      containers: own.containers.map(withoutToken),
      ...(own.initContainers && { initContainers: own.initContainers.map(withoutToken) }),
      ...(own.volumes && { volumes: own.volumes.filter(({ name }) => !name.startsWith(TOKEN_VOLUME)) }),
    },
  }
}

function withoutToken(container: Container): Container {
  const { volumeMounts } = container
  return volumeMounts ? { ...container, volumeMounts: volumeMounts.filter(({ name }) => !name?.startsWith(TOKEN_VOLUME)) } : container
}

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'
const MIRROR = 'kubernetes.io/config.mirror'
const TOKEN_VOLUME = 'kube-api-access-'
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Whether the service account itself says otherwise is not known; where the volume counts, a pod that has one does more harm. */
function withToken(spec: PodSpec, annotations: Annotations = {}): PodSpec {
  const { volumes = [], containers, initContainers = [] } = spec
  const isWanted = spec.automountServiceAccountToken !== false && !(MIRROR in annotations)
  const isThere = volumes.some(({ name }) => name.startsWith(TOKEN_VOLUME))
  const isMounted = [...initContainers, ...containers].every(({ volumeMounts = [] }) =>
    volumeMounts.some(({ mountPath }) => mountPath === TOKEN_PATH),
  )
  return !isWanted || isThere || isMounted ? spec : { ...spec, volumes: [...volumes, TOKEN] }
}

/** The API server puts five characters that it makes up behind the name. */
const TOKEN: Volume = {
  name: `${TOKEN_VOLUME}*`,
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt' } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
    ],
  },
}

/**
 * As validating policies see it, which come later: what annotations say about AppArmor is said in fields, too (pkg/registry/core/pod/strategy.go
 * applyAppArmorVersionSkew).
 */
export function asStored(pod: PodManifest): PodManifest {
  const { metadata, spec } = pod
  const { annotations } = metadata
  if (spec.os?.name === 'windows' || annotations === undefined) return pod
  const ofPod = spec.securityContext?.appArmorProfile
  const confined = (container: Container): Container => {
    const profile = profileOf(annotations[`${APP_ARMOR}${container.name}`] ?? '')
    if (!profile || container.securityContext?.appArmorProfile || isSame(profile, ofPod)) return container
    return { ...container, securityContext: { ...container.securityContext, appArmorProfile: profile } }
  }
  return {
    ...pod,
    spec: {
      ...spec,
      containers: spec.containers.map(confined),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(confined) }),
      ...(spec.ephemeralContainers && { ephemeralContainers: spec.ephemeralContainers.map(confined) }),
    },
  }
}

const LOCALHOST = 'localhost/'

function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  const localhostProfile = annotation.startsWith(LOCALHOST) ? annotation.slice(LOCALHOST.length) : ''
  // Whatever the API server would not take as a field stays an annotation.
  const isTaken = localhostProfile !== '' && localhostProfile.trim() === localhostProfile
  return isTaken ? { type: 'Localhost', localhostProfile } : undefined
}

function isSame(a: AppArmorProfile, b: AppArmorProfile | undefined): boolean {
  return a.type === b?.type && a.localhostProfile === b.localhostProfile
}
