/** support/invalid-pod-security.ts — the part of invalid-resources.ts that is about spec.podSecurity. */

import type { PodSecurity } from '../../src/api/pod-security/pod-security.ts'
import { tenantIsolation } from './build.ts'
import { FULL_RULES } from './full-profiles.ts'
import type { AcceptedCase, RefusedCase } from './invalid-resources.ts'

const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index))
const alice = { kind: 'User', name: 'alice' }
const podSecurity = (fields: unknown) => tenantIsolation({ podSecurity: fields as PodSecurity })
const profiles = (...list: unknown[]) => podSecurity({ profiles: list })
const profile = (fields: object = {}) => ({ name: 'default', preset: 'Basic', subjects: [alice], ...fields })
const subject = (...list: unknown[]) => profiles(profile({ subjects: list }))
const rules = (fields: unknown) => profiles(profile({ preset: 'Custom', rules: fields }))

const AT = 'spec.podSecurity'
const PROFILE = `${AT}.profiles[0]`
const RULES = `${PROFILE}.rules`

const refused = (name: string, resource: unknown, field: string, says: string): RefusedCase => ({ name, resource, field, says })
const accepted = (name: string, resource: unknown): AcceptedCase => ({ name, resource })

const aProfile: readonly RefusedCase[] = [
  refused('no profiles', podSecurity({}), `${AT}.profiles`, 'Required value'),
  refused('an empty list of profiles', profiles(), `${AT}.profiles`, 'name at least one profile'),
  refused('nine profiles', profiles(...many(9, (n) => profile({ name: `p-${n}` }))), `${AT}.profiles`, 'must have at most 8 items'),
  refused('two profiles of one name', profiles(profile(), profile()), `${AT}.profiles[1]`, 'Duplicate value'),
  ...['Default', 'a.b', '-a', 'a-', ''].map((name) =>
    refused(`a profile called "${name}"`, profiles(profile({ name })), `${PROFILE}.name`, 'write a DNS label'),
  ),
  refused('a preset that does not exist', profiles(profile({ preset: 'restricted' })), `${PROFILE}.preset`, '"Restricted"'),
  refused('the preset Custom without rules', profiles(profile({ preset: 'Custom' })), PROFILE, 'rules is required with the preset Custom'),
  refused('another preset with rules', profiles(profile({ rules: {} })), PROFILE, 'left out with any other'),
  refused('an unknown rule', rules({ hostPid: true }), `${RULES}.hostPid`, 'unknown field'),
  refused('an unknown field in a profile', profiles(profile({ rule: {} })), `${PROFILE}.rule`, 'unknown field'),
  refused('an unknown field', podSecurity({ profiles: [profile()], template: 'Warn' }), `${AT}.template`, 'unknown field'),
]

const aSubject: readonly RefusedCase[] = [
  refused('no subjects', profiles({ name: 'default', preset: 'Basic' }), `${PROFILE}.subjects`, 'Required value'),
  refused('an empty list of subjects', subject(), `${PROFILE}.subjects`, 'name at least one subject'),
  refused(
    '65 subjects',
    subject(...many(65, (n) => ({ kind: 'User', name: `user-${n}` }))),
    `${PROFILE}.subjects`,
    'must have at most 64 items',
  ),
  refused(
    'a service account without a namespace',
    subject({ kind: 'ServiceAccount', name: 'x' }),
    `${PROFILE}.subjects[0]`,
    'namespace is required',
  ),
  refused(
    'a user with a namespace',
    subject({ kind: 'User', name: 'x', namespace: 'y' }),
    `${PROFILE}.subjects[0]`,
    'left out for User and Group',
  ),
  refused('a subject of another kind', subject({ kind: 'Team', name: 'x' }), `${PROFILE}.subjects[0].kind`, '"ServiceAccount"'),
  ...[
    { kind: 'ServiceAccount', name: 'replicaset-controller', namespace: 'kube-system' },
    { kind: 'User', name: 'system:serviceaccount:kube-system:job-controller' },
    { kind: 'User', name: 'system:kube-controller-manager' },
    { kind: 'Group', name: 'system:serviceaccounts:kube-system' },
    { kind: 'Group', name: 'system:masters' },
  ].map((who) => refused(`the subject ${who.name}`, subject(alice, who), `${PROFILE}.subjects[1]`, 'everyone who can create a Deployment')),
  ...['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts'].flatMap((name) => [
    refused(
      `Privileged for ${name}`,
      profiles(profile({ preset: 'Privileged', subjects: [alice, { kind: 'Group', name }] })),
      PROFILE,
      'allowBroadSubjects',
    ),
    refused(
      `privileged containers for ${name}`,
      profiles(profile({ preset: 'Custom', rules: { privileged: true }, subjects: [{ kind: 'Group', name }] })),
      PROFILE,
      'allowBroadSubjects',
    ),
  ]),
]

const ranges = (min: unknown, max: unknown) => [{ min, max }]
const idRules = ['runAsUser', 'runAsGroup', 'fsGroup', 'supplementalGroups']

const aRule: readonly RefusedCase[] = [
  refused(
    'defaultAllowPrivilegeEscalation beyond what is allowed',
    rules({ allowPrivilegeEscalation: false, defaultAllowPrivilegeEscalation: true }),
    RULES,
    'cannot be true while',
  ),
  refused(
    'hostPaths without hostPath',
    rules({ volumes: ['emptyDir'], hostPaths: [{ pathPrefix: '/' }] }),
    RULES,
    'hostPaths needs hostPath in volumes',
  ),
  refused('hostPaths without volumes', rules({ hostPaths: [{ pathPrefix: '/' }] }), RULES, 'hostPaths needs hostPath in volumes'),
  refused('no path in hostPaths', rules({ volumes: ['*'], hostPaths: [] }), `${RULES}.hostPaths`, 'leave hostPaths out'),
  ...['', 'var/log', '/var/../etc', '/..', '..'].map((pathPrefix) =>
    refused(
      `the path "${pathPrefix}"`,
      rules({ volumes: ['*'], hostPaths: [{ pathPrefix }] }),
      `${RULES}.hostPaths[0].pathPrefix`,
      'absolute path',
    ),
  ),
  refused('a volume type that does not exist', rules({ volumes: ['cephFS'] }), `${RULES}.volumes[0]`, '"cephfs"'),
  refused('a volume type twice', rules({ volumes: ['nfs', 'nfs'] }), `${RULES}.volumes[1]`, 'Duplicate value'),
  refused('no driver in csiDrivers', rules({ csiDrivers: [] }), `${RULES}.csiDrivers`, 'leave csiDrivers out'),
  refused('no driver in flexVolumeDrivers', rules({ flexVolumeDrivers: [] }), `${RULES}.flexVolumeDrivers`, 'leave flexVolumeDrivers out'),
  refused('a range of ports from above', rules({ hostPorts: ranges(2, 1) }), `${RULES}.hostPorts[0]`, 'must not be above max'),
  refused('port 0', rules({ hostPorts: ranges(0, 1) }), `${RULES}.hostPorts[0].min`, 'should be'),
  ...idRules.flatMap((field) => [
    refused(
      `${field} RunAsAny with ranges`,
      rules({ [field]: { rule: 'RunAsAny', ranges: ranges(1, 2) } }),
      `${RULES}.${field}`,
      'ranges goes with',
    ),
    refused(`${field} MustRunAs without ranges`, rules({ [field]: { rule: 'MustRunAs' } }), `${RULES}.${field}`, 'ranges goes with'),
    refused(
      `${field} MustRunAs with no ranges`,
      rules({ [field]: { rule: 'MustRunAs', ranges: [] } }),
      `${RULES}.${field}.ranges`,
      'name at least one range',
    ),
    refused(
      `${field} from above`,
      rules({ [field]: { rule: 'MustRunAs', ranges: ranges(2, 1) } }),
      `${RULES}.${field}.ranges[0]`,
      'must not be above max',
    ),
  ]),
  refused('runAsUser MayRunAs', rules({ runAsUser: { rule: 'MayRunAs' } }), `${RULES}.runAsUser.rule`, '"MustRunAsNonRoot"'),
  refused(
    'runAsUser MustRunAsNonRoot with ranges',
    rules({ runAsUser: { rule: 'MustRunAsNonRoot', ranges: ranges(1, 2) } }),
    `${RULES}.runAsUser`,
    'ranges goes with',
  ),
  refused('seLinux MustRunAs without options', rules({ seLinux: { rule: 'MustRunAs' } }), `${RULES}.seLinux`, 'options goes with'),
  refused('seLinux RunAsAny with options', rules({ seLinux: { rule: 'RunAsAny', options: {} } }), `${RULES}.seLinux`, 'options goes with'),
  refused(
    'a capability allowed and dropped',
    rules({ capabilities: { allowed: ['CHOWN'], requiredDrop: ['CHOWN'] } }),
    `${RULES}.capabilities`,
    'both allowed and required',
  ),
  refused(
    'every capability allowed and one dropped',
    rules({ capabilities: { allowed: ['*'], requiredDrop: ['CHOWN'] } }),
    `${RULES}.capabilities`,
    'both allowed and required',
  ),
  refused(
    'a capability added and dropped',
    rules({ capabilities: { defaultAdd: ['CHOWN'], requiredDrop: ['CHOWN'] } }),
    `${RULES}.capabilities`,
    'both added by default',
  ),
  ...['CAP_CHOWN', 'chown', ''].map((name) =>
    refused(`the capability "${name}"`, rules({ capabilities: { allowed: [name] } }), `${RULES}.capabilities.allowed[0]`, 'without CAP_'),
  ),
  refused(
    'every capability to be dropped by a star',
    rules({ capabilities: { requiredDrop: ['*'] } }),
    `${RULES}.capabilities.requiredDrop[0]`,
    'without CAP_',
  ),
  refused(
    'a sysctl allowed and forbidden',
    rules({ sysctls: { allowedUnsafe: ['a.b'], forbidden: ['a.b'] } }),
    `${RULES}.sysctls`,
    'both allowed and forbidden',
  ),
  refused(
    'every sysctl and another',
    rules({ sysctls: { forbidden: ['*', 'a.b'] } }),
    `${RULES}.sysctls.forbidden`,
    'nothing goes beside it',
  ),
  ...['a b', 'a*b', 'A', 'net/ipv4'].map((name) =>
    refused(`the sysctl "${name}"`, rules({ sysctls: { allowedUnsafe: [name] } }), `${RULES}.sysctls.allowedUnsafe`, "should match '^"),
  ),
  refused('no procMountTypes', rules({ procMountTypes: [] }), `${RULES}.procMountTypes`, 'name at least one type'),
  ...['seccomp', 'appArmor'].flatMap((field) => [
    refused(`no ${field} profile`, rules({ [field]: { allowed: [] } }), `${RULES}.${field}.allowed`, 'name at least one profile'),
    refused(
      `a ${field} profile in the words of annotations`,
      rules({ [field]: { allowed: ['runtime/default'] } }),
      `${RULES}.${field}.allowed`,
      "should match '^",
    ),
    refused(
      `another default ${field} profile`,
      rules({ [field]: { allowed: ['Unset'], default: 'RuntimeDefault' } }),
      `${RULES}.${field}`,
      'default must be one of',
    ),
    refused(
      `every file as default ${field} profile`,
      rules({ [field]: { allowed: ['*'], default: 'Localhost/*' } }),
      `${RULES}.${field}.default`,
      "should match '^",
    ),
  ]),
  refused(
    'another default runtime class',
    rules({ runtimeClass: { allowed: ['a'], default: 'b' } }),
    `${RULES}.runtimeClass`,
    'default must be one of',
  ),
  refused(
    'every runtime class and another',
    rules({ runtimeClass: { allowed: ['a', '*'] } }),
    `${RULES}.runtimeClass`,
    'nothing goes beside it',
  ),
  ...(['hostUsers', 'probeHosts', 'supplementalGroupsPolicy'] as const).map((field) =>
    refused(`${field} true`, rules({ [field]: true }), `${RULES}.${field}`, 'type string'),
  ),
]

const aChoice: readonly RefusedCase[] = [
  refused('a mode that does not exist', podSecurity({ mode: 'Deny', profiles: [profile()] }), `${AT}.mode`, '"Enforce"'),
  refused('defaulting true', podSecurity({ defaulting: true, profiles: [profile()] }), `${AT}.defaulting`, 'type string'),
  refused('workloads that do not exist', podSecurity({ workloads: 'Enforce', profiles: [profile()] }), `${AT}.workloads`, '"Ignore"'),
]

const standard = (fields: unknown) => podSecurity({ profiles: [profile()], standard: fields })
const STANDARD = `${AT}.standard`

const aStandard: readonly RefusedCase[] = [
  refused('a standard that asks for nothing', standard({}), STANDARD, 'name at least one of enforce, audit and warn'),
  ...['enforce', 'audit', 'warn'].flatMap((mode) => [
    refused(`${mode} Baseline`, standard({ [mode]: 'Baseline' }), `${STANDARD}.${mode}`, '"baseline"'),
    refused(
      `${mode}Version without ${mode}`,
      standard({ [mode === 'warn' ? 'audit' : 'warn']: 'baseline', [`${mode}Version`]: 'latest' }),
      STANDARD,
      'a version goes with its standard',
    ),
  ]),
  ...['1.36', 'v1.036', 'v2.0', 'v1.36.1', ''].map((enforceVersion) =>
    refused(
      `the version "${enforceVersion}"`,
      standard({ enforce: 'baseline', enforceVersion }),
      `${STANDARD}.enforceVersion`,
      'write latest, or a version of Kubernetes',
    ),
  ),
  refused('an unknown field in the standard', standard({ enforce: 'baseline', deny: 'baseline' }), `${STANDARD}.deny`, 'unknown field'),
  refused('a standard without profiles', podSecurity({ standard: { enforce: 'baseline' } }), `${AT}.profiles`, 'Required value'),
]

export const REFUSED_POD_SECURITY: Readonly<Record<string, readonly RefusedCase[]>> = {
  'a profile': aProfile,
  'a subject': aSubject,
  'a rule of a profile': aRule,
  'a choice in podSecurity': aChoice,
  'a standard': aStandard,
}

export const ACCEPTED_POD_SECURITY: readonly AcceptedCase[] = [
  accepted('the shortest podSecurity', profiles(profile())),
  ...['Privileged', 'Basic', 'Baseline', 'Restricted'].map((preset) => accepted(`the preset ${preset}`, profiles(profile({ preset })))),
  ...['Enforce', 'Warn', 'Audit', 'Disabled'].map((mode) =>
    accepted(`podSecurity with mode ${mode}`, podSecurity({ mode, profiles: [profile()] })),
  ),
  accepted('the preset Custom with empty rules', rules({})),
  accepted('no volumes at all', rules({ volumes: [] })),
  accepted('every volume', rules({ volumes: ['*'], hostPaths: [{ pathPrefix: '/', readOnly: true }, { pathPrefix: '/var/..data/x..' }] })),
  accepted('no runtime class at all', rules({ runtimeClass: { allowed: [] } })),
  accepted('every capability', rules({ capabilities: { allowed: ['*'], defaultAdd: ['CHOWN'] } })),
  accepted(
    'sysctls and beginnings of them',
    rules({ sysctls: { allowedUnsafe: ['net.core.somaxconn', 'kernel.*', 'a*'], forbidden: ['*'] } }),
  ),
  accepted('a default among all files', rules({ seccomp: { allowed: ['Localhost/*'], default: 'Localhost/a/b.json' } })),
  accepted(
    'Privileged for everybody, insisted on',
    profiles(profile({ preset: 'Privileged', subjects: [{ kind: 'Group', name: 'system:authenticated' }], allowBroadSubjects: true })),
  ),
  accepted(
    'everybody may be restricted',
    profiles(profile({ preset: 'Restricted', subjects: [{ kind: 'Group', name: 'system:authenticated' }] })),
  ),
  accepted(
    'all of podSecurity',
    podSecurity({
      mode: 'Enforce',
      defaulting: 'Enabled',
      workloads: 'Deny',
      standard: { enforce: 'privileged', enforceVersion: 'v1.0', audit: 'baseline', auditVersion: 'latest', warn: 'restricted' },
      profiles: [profile()],
    }),
  ),
  ...['enforce', 'audit', 'warn'].map((mode) => accepted(`a standard that is only for ${mode}`, standard({ [mode]: 'restricted' }))),
  accepted(
    'a standard without any profile in force',
    podSecurity({ mode: 'Disabled', profiles: [profile()], standard: { warn: 'baseline' } }),
  ),
  accepted(
    'eight full profiles with 64 subjects each',
    profiles(
      ...many(8, (n) =>
        profile({
          name: `profile-${n}`,
          preset: 'Custom',
          rules: FULL_RULES,
          subjects: many(64, (s) => ({ kind: 'Group', name: `group-${s}-${'x'.repeat(200)}` })),
        }),
      ),
    ),
  ),
]
