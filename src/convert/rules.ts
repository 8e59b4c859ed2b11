/** convert/rules.ts — the spec of a PodSecurityPolicy as the rules of a profile, field by field. */

import type { Rules } from '../api/pod-security/rules.ts'
import type { PodSecurityPolicy, PspSpec } from './documents.ts'

export type ConvertedRules = { readonly rules: Rules; readonly notes: readonly string[] }

/** The rules that mean the same, with a note for each difference. What cannot be said stays as it is: the schema refuses it with a sentence. */
export function convertRules({ spec, metadata }: PodSecurityPolicy): ConvertedRules {
  const notes: string[] = []
  const annotations = metadata.annotations ?? {}
  const volumes = (spec.volumes ?? []).map((type) => (type === 'cephFS' ? 'cephfs' : type))
  const hostPathsCount = volumes.includes('hostPath') || volumes.includes('*')
  const seccomp = profilesOf(annotations, 'seccomp.security.alpha.kubernetes.io')
  const appArmor = profilesOf(annotations, 'apparmor.security.beta.kubernetes.io')
  if (!hostPathsCount && filled(spec.allowedHostPaths)) notes.push('allowedHostPaths is left out: volumes does not allow hostPath.')
  if (seccomp === undefined)
    notes.push(
      'It has no annotation for seccomp, so it allowed no seccomp profile at all; here the profile RuntimeDefault is allowed, too.',
    )
  else if (!seccomp.allowed.includes('*') && !seccomp.allowed.includes('Unset') && !seccomp.default)
    notes.push('A pod has to name a seccomp profile, and none is filled in, as before.')
  if (filled(spec.requiredDropCapabilities))
    notes.push('A container that drops ALL has dropped what it must; PodSecurityPolicy wanted each by its name.')
  if (spec.privileged) notes.push('Privileged pods may be host processes on Windows, too, as with PodSecurityPolicy since 1.22.')
  const rules = {
    ...flags(spec),
    ...(filled(spec.hostPorts) && {
      hostPorts: spec.hostPorts.filter(({ max }) => max > 0).map(({ min, max }) => ({ min: Math.max(min, 1), max })),
    }),
    volumes,
    ...(hostPathsCount &&
      filled(spec.allowedHostPaths) && {
        hostPaths: spec.allowedHostPaths.map(({ pathPrefix = '/', ...rest }) => ({ pathPrefix, ...rest })),
      }),
    ...(filled(spec.allowedCSIDrivers) && { csiDrivers: unique(spec.allowedCSIDrivers.map(({ name }) => name)) }),
    ...(filled(spec.allowedFlexVolumes) && { flexVolumeDrivers: unique(spec.allowedFlexVolumes.map(({ driver }) => driver)) }),
    ...capabilities(spec),
    ...ids(spec),
    ...(spec.seLinux?.rule === 'MustRunAs' && { seLinux: { rule: 'MustRunAs', options: spec.seLinux.seLinuxOptions ?? {} } }),
    ...((filled(spec.allowedUnsafeSysctls) || filled(spec.forbiddenSysctls)) && {
      sysctls: {
        ...(filled(spec.allowedUnsafeSysctls) && { allowedUnsafe: unique(spec.allowedUnsafeSysctls) }),
        ...(filled(spec.forbiddenSysctls) && { forbidden: unique(spec.forbiddenSysctls) }),
      },
    }),
    ...(filled(spec.allowedProcMountTypes) && { procMountTypes: unique(spec.allowedProcMountTypes) }),
    ...(spec.runtimeClass && {
      runtimeClass: {
        allowed: unique(spec.runtimeClass.allowedRuntimeClassNames ?? []),
        ...(spec.runtimeClass.defaultRuntimeClassName && { default: spec.runtimeClass.defaultRuntimeClassName }),
      },
    }),
    ...(seccomp && { seccomp }),
    ...(appArmor && { appArmor }),
    // PodSecurityPolicy did not look at them.
    probeHosts: 'Any',
  }
  return {
    rules: rules as Rules,
    notes: [...notes, 'Probes and lifecycle hooks may name any host, as before; probeHosts: Forbidden is safer.'],
  }
}

const FLAGS = ['privileged', 'hostNetwork', 'hostPID', 'hostIPC', 'readOnlyRootFilesystem'] as const

function flags(spec: PspSpec) {
  return {
    ...Object.fromEntries(FLAGS.filter((flag) => spec[flag]).map((flag) => [flag, true])),
    ...(spec.privileged && { windowsHostProcess: true }),
    ...(spec.allowPrivilegeEscalation === false && { allowPrivilegeEscalation: false }),
    ...(typeof spec.defaultAllowPrivilegeEscalation === 'boolean' && {
      defaultAllowPrivilegeEscalation: spec.defaultAllowPrivilegeEscalation,
    }),
  }
}

function capabilities({ allowedCapabilities, defaultAddCapabilities, requiredDropCapabilities }: PspSpec) {
  const lists = {
    ...(filled(allowedCapabilities) && { allowed: unique(allowedCapabilities) }),
    ...(filled(defaultAddCapabilities) && { defaultAdd: unique(defaultAddCapabilities) }),
    ...(filled(requiredDropCapabilities) && { requiredDrop: unique(requiredDropCapabilities) }),
  }
  return Object.keys(lists).length > 0 && { capabilities: lists }
}

const ID_RULES = ['runAsUser', 'runAsGroup', 'fsGroup', 'supplementalGroups'] as const

/** RunAsAny is what a rule means that is left out; ranges beside it and beside MustRunAsNonRoot meant nothing. */
function ids(spec: PspSpec) {
  return Object.fromEntries(
    ID_RULES.flatMap((field) => {
      const { rule, ranges } = spec[field] ?? {}
      if (rule === undefined || rule === 'RunAsAny') return []
      return [[field, { rule, ...(rule !== 'MustRunAsNonRoot' && { ranges }) }]]
    }),
  )
}

/** The lists in the annotations `<prefix>/allowedProfileNames` and `<prefix>/defaultProfileName`; undefined when there is no list. */
function profilesOf(annotations: Readonly<Record<string, string>>, prefix: string) {
  const allowed = annotations[`${prefix}/allowedProfileNames`]
  const byDefault = annotations[`${prefix}/defaultProfileName`]
  if (allowed === undefined && byDefault === undefined) return undefined
  const names = (allowed ?? byDefault ?? '').split(',').map(profileName)
  return { allowed: unique(names), ...(byDefault && { default: profileName(byDefault) }) }
}

/** A trailing comma, which makes an empty name, allowed pods without a profile. */
function profileName(name: string): string {
  switch (name) {
    case '':
      return 'Unset'
    case 'runtime/default':
    case 'docker/default':
      return 'RuntimeDefault'
    case 'unconfined':
      return 'Unconfined'
    default:
      return name.replace(/^localhost\//, 'Localhost/')
  }
}

function filled<T>(list: readonly T[] | null | undefined): list is readonly T[] {
  return list !== undefined && list !== null && list.length > 0
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
