/** api/pod-security/presets.ts — ready-made profiles. All but Privileged are rules that anybody could write with Custom. */

import type { Rules } from './rules.ts'
import { DEFAULT_VOLUMES, VOLUME_TYPES, type VolumeType } from './volumes.ts'

export const PRESETS = ['Privileged', 'Basic', 'Baseline', 'Restricted', 'Custom'] as const
export type Preset = (typeof PRESETS)[number]

/** The version of the Pod Security Standards that Baseline and Restricted mean (pod-security-admission, package policy). */
export const STANDARDS_VERSION = 'v1.37'

const ALL_BUT_HOST_PATH: VolumeType[] = VOLUME_TYPES.filter((type) => type !== 'hostPath')

/** What a container may add under Baseline: the capabilities that container runtimes give by default. */
const DEFAULT_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]

const CONFINED = ['RuntimeDefault', 'Localhost/*']

const baseline: Rules = {
  volumes: ALL_BUT_HOST_PATH,
  capabilities: { allowed: DEFAULT_CAPABILITIES },
  seLinux: { rule: 'ContainerTypes' },
  procMountTypes: ['Default', 'UnmaskedInUserNamespace'],
  seccomp: { allowed: ['Unset', ...CONFINED] },
  appArmor: { allowed: ['Unset', ...CONFINED] },
}

/** Defaulting makes a plain pod fit: the standard itself only refuses. */
const restricted: Rules = {
  ...baseline,
  volumes: [...DEFAULT_VOLUMES],
  allowPrivilegeEscalation: false,
  runAsUser: { rule: 'MustSayNonRoot' },
  capabilities: { allowed: ['NET_BIND_SERVICE'], requiredDrop: ['ALL'] },
  procMountTypes: ['Default'],
  seccomp: { allowed: CONFINED, default: 'RuntimeDefault' },
}

/** What the presets mean that have rules. */
export const PRESET_RULES = {
  /** Listing 13.15 of "Kubernetes in Action" without its port ranges, and no hostPath volumes. */
  Basic: { volumes: ALL_BUT_HOST_PATH },
  Baseline: baseline,
  Restricted: restricted,
} as const satisfies Partial<Record<Preset, Rules>>
