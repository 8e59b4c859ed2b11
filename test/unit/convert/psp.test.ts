import { expect } from 'chai'
import { parse } from 'yaml'
import { violations } from '../../../src/api/tenant-isolation.ts'
import { textOf } from '../../../src/cli/convert.ts'
import { convertPodSecurityPolicies } from '../../../src/convert/psp.ts'

const target = { name: 'manning', namespaceLabel: { key: 'tenant', value: 'manning' } }
const any = { rule: 'RunAsAny' }
const policy = (name: string, spec: object = {}, annotations: Record<string, string> = {}) => ({
  apiVersion: 'policy/v1beta1',
  kind: 'PodSecurityPolicy',
  metadata: { name, annotations },
  spec: { seLinux: any, runAsUser: any, supplementalGroups: any, fsGroup: any, volumes: ['*'], ...spec },
})
const using = (...resourceNames: string[]) => [{ apiGroups: ['policy'], resources: ['podsecuritypolicies'], resourceNames, verbs: ['use'] }]
const role = (name: string, rules: object[] = using(name), kind = 'ClusterRole', namespace?: string) => ({
  kind,
  metadata: { name, namespace },
  rules,
})
const binding = (
  name: string,
  subjects: object[],
  { kind = 'ClusterRoleBinding', namespace, roleKind = 'ClusterRole' }: { kind?: string; namespace?: string; roleKind?: string } = {},
) => ({
  kind,
  metadata: { name, namespace },
  roleRef: { kind: roleKind, name },
  subjects,
})
const everybody = { kind: 'Group', name: 'system:authenticated' }
const bob = { kind: 'User', name: 'bob' }

function converted(...documents: unknown[]) {
  const conversion = convertPodSecurityPolicies(documents, target)
  if ('refusals' in conversion) throw new Error(conversion.refusals.join('\n'))
  return { ...conversion, profiles: conversion.resource.spec.podSecurity?.profiles ?? [] }
}

function refusals(...documents: unknown[]): readonly string[] {
  const conversion = convertPodSecurityPolicies(documents, target)
  return 'refusals' in conversion ? conversion.refusals : []
}

const rulesOf = (spec: object, annotations: Record<string, string> = {}) => {
  const { profiles } = converted(policy('p', spec, annotations), role('p'), binding('p', [bob]))
  const { probeHosts: _, ...rules } = profiles[0]?.rules ?? {}
  return rules
}
const notesOf = (...documents: unknown[]) =>
  converted(...documents)
    .notes.map(({ text }) => text)
    .join('\n')

describe('the converter', () => {
  it('makes a tenant of the pair of the book', () => {
    const { resource } = converted(
      policy('default', { hostPorts: [{ min: 10000, max: 11000 }], readOnlyRootFilesystem: true }),
      policy('privileged', { privileged: true }),
      role('default'),
      role('privileged'),
      binding('default', [everybody]),
      binding('privileged', [bob]),
    )
    expect(resource).to.deep.equal({
      apiVersion: 'tenant-isolation.dev/v1alpha1',
      kind: 'TenantIsolation',
      metadata: { name: 'manning' },
      spec: {
        namespaceSelector: { matchLabels: { tenant: 'manning' } },
        // Left out, it would close the network of namespaces that somebody only wants to carry his PodSecurityPolicies over to.
        network: { mode: 'Disabled' },
        podSecurity: {
          defaulting: 'Enabled',
          profiles: [
            {
              name: 'default',
              preset: 'Custom',
              rules: { readOnlyRootFilesystem: true, hostPorts: [{ min: 10000, max: 11000 }], volumes: ['*'], probeHosts: 'Any' },
              subjects: [everybody],
            },
            {
              name: 'privileged',
              preset: 'Custom',
              rules: { privileged: true, windowsHostProcess: true, volumes: ['*'], probeHosts: 'Any' },
              subjects: [bob],
            },
          ],
        },
      },
    })
    expect(violations(resource)).to.deep.equal([])
  })

  it('reads lists as kubectl writes them', () => {
    const items = [policy('p'), role('p'), binding('p', [bob])]
    expect(converted({ kind: 'List', items }).profiles).to.have.length(1)
    const { kind: _, ...untyped } = policy('p')
    expect(converted({ kind: 'PodSecurityPolicyList', items: [untyped] }, ...items.slice(1)).profiles).to.have.length(1)
  })

  describe('translates', () => {
    const CASES: Readonly<Record<string, [object, object]>> = {
      'volume types that have another name': [{ volumes: ['cephFS', 'nfs'] }, { volumes: ['cephfs', 'nfs'] }],
      'no volumes': [{ volumes: null }, { volumes: [] }],
      'port 0, which no pod has': [
        {
          hostPorts: [
            { min: 0, max: 80 },
            { min: 0, max: 0 },
          ],
        },
        { volumes: ['*'], hostPorts: [{ min: 1, max: 80 }] },
      ],
      'host paths': [
        { allowedHostPaths: [{ pathPrefix: '/a', readOnly: true }] },
        { volumes: ['*'], hostPaths: [{ pathPrefix: '/a', readOnly: true }] },
      ],
      drivers: [
        { allowedCSIDrivers: [{ name: 'a' }], allowedFlexVolumes: [{ driver: 'b' }] },
        { volumes: ['*'], csiDrivers: ['a'], flexVolumeDrivers: ['b'] },
      ],
      'ranges that meant nothing': [
        {
          runAsUser: { rule: 'MustRunAsNonRoot', ranges: [{ min: 1, max: 2 }] },
          fsGroup: { rule: 'RunAsAny', ranges: [{ min: 1, max: 2 }] },
        },
        { volumes: ['*'], runAsUser: { rule: 'MustRunAsNonRoot' } },
      ],
      'ranges that meant something': [
        { runAsGroup: { rule: 'MayRunAs', ranges: [{ min: 1, max: 2 }] } },
        { volumes: ['*'], runAsGroup: { rule: 'MayRunAs', ranges: [{ min: 1, max: 2 }] } },
      ],
      SELinux: [
        { seLinux: { rule: 'MustRunAs', seLinuxOptions: { level: 's0' } } },
        { volumes: ['*'], seLinux: { rule: 'MustRunAs', options: { level: 's0' } } },
      ],
      sysctls: [
        { allowedUnsafeSysctls: ['a.*'], forbiddenSysctls: ['b'] },
        { volumes: ['*'], sysctls: { allowedUnsafe: ['a.*'], forbidden: ['b'] } },
      ],
      'privilege escalation': [
        { allowPrivilegeEscalation: false, defaultAllowPrivilegeEscalation: false },
        { allowPrivilegeEscalation: false, defaultAllowPrivilegeEscalation: false, volumes: ['*'] },
      ],
      'runtime classes': [
        { runtimeClass: { allowedRuntimeClassNames: ['a'], defaultRuntimeClassName: 'a' } },
        { volumes: ['*'], runtimeClass: { allowed: ['a'], default: 'a' } },
      ],
    }
    for (const [name, [spec, rules]] of Object.entries(CASES)) {
      it(name, () => expect(rulesOf(spec)).to.deep.equal(rules))
    }

    it('the annotations for seccomp and AppArmor', () => {
      const annotations = {
        'seccomp.security.alpha.kubernetes.io/allowedProfileNames': 'docker/default,localhost/a/b,',
        'seccomp.security.alpha.kubernetes.io/defaultProfileName': 'runtime/default',
        'apparmor.security.beta.kubernetes.io/allowedProfileNames': '*',
      }
      expect(rulesOf({}, annotations)).to.deep.equal({
        volumes: ['*'],
        seccomp: { allowed: ['RuntimeDefault', 'Localhost/a/b', 'Unset'], default: 'RuntimeDefault' },
        appArmor: { allowed: ['*'] },
      })
    })
  })

  describe('says of a policy', () => {
    it('that nobody may use it', () => {
      expect(notesOf(policy('p'), policy('unused'), role('p'), binding('p', [bob]))).to.include(
        'unused is left out: nobody in the files may use it',
      )
    })

    it('that it was granted in one namespace only', () => {
      expect(notesOf(policy('p'), role('p'), binding('p', [bob], { kind: 'RoleBinding', namespace: 'ns' }))).to.include(
        'RoleBinding ns/p granted it in the namespace ns only; here it counts in all namespaces of the tenant',
      )
    })

    it('that controllers are not granted it any more', () => {
      const { profiles, notes } = converted(
        policy('p'),
        role('p'),
        binding('p', [bob, { kind: 'Group', name: 'system:serviceaccounts:kube-system' }]),
      )
      expect(profiles[0]?.subjects).to.deep.equal([bob])
      expect(notes.map(({ text }) => text).join()).to.include('not granted to Group system:serviceaccounts:kube-system, as it was')
    })

    it('that everybody may be privileged by it', () => {
      const { profiles, notes } = converted(policy('p', { privileged: true }), role('p'), binding('p', [everybody]))
      expect(profiles[0]?.allowBroadSubjects).to.equal(true)
      expect(notes.map(({ text }) => text).join()).to.include('to everybody in the cluster')
    })

    it('that it has another name now', () => {
      const { profiles, notes } = converted(policy('a.b'), role('a.b'), binding('a.b', [bob]))
      expect(profiles[0]?.name).to.equal('a-b')
      expect(notes).to.deep.include({ profile: 'a-b', text: 'It was called a.b. Defaulting tries profiles in the order of their names.' })
    })
  })

  describe('takes grants from', () => {
    it('roles that name no policy, or name everything', () => {
      const rules = [{ apiGroups: ['extensions'], resources: ['*'], verbs: ['*'] }]
      expect(converted(policy('a'), policy('b'), role('all', rules), binding('all', [bob])).profiles.map(({ name }) => name)).to.deep.equal(
        ['a', 'b'],
      )
    })

    it('roles of a namespace, for the service accounts there', () => {
      const { profiles } = converted(
        policy('p'),
        role('p', using('p'), 'Role', 'ns'),
        role('p', [], 'Role', 'other'),
        binding('p', [{ kind: 'ServiceAccount', name: 'builder' }], { kind: 'RoleBinding', namespace: 'ns', roleKind: 'Role' }),
      )
      expect(profiles[0]?.subjects).to.deep.equal([{ kind: 'ServiceAccount', name: 'builder', namespace: 'ns' }])
    })

    it('no role that may do everything: it may still', () => {
      const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
      const text = notesOf(
        policy('p'),
        role('p'),
        binding('p', [bob]),
        role('admin', everything),
        binding('admin', [{ kind: 'Group', name: 'admins' }]),
      )
      expect(text).to.include('gives ClusterRole admin, which may do everything, to Group admins: they may use every profile, as before')
    })

    it('none that grants something else', () => {
      const other = [{ apiGroups: ['policy'], resources: ['podsecuritypolicies'], resourceNames: ['p'], verbs: ['get'] }]
      expect(refusals(policy('p'), role('p', other), binding('p', [bob]))).to.match(/^nobody in the files may use any/)
    })
  })

  describe('refuses', () => {
    it('files without a policy', () => {
      expect(refusals(role('p'))).to.deep.equal(['there is no PodSecurityPolicy in the files'])
    })

    it('a binding whose role is missing', () => {
      expect(refusals(policy('p'), binding('p', [bob]))[0]).to.equal(
        'ClusterRoleBinding p binds ClusterRole p, which is in none of the files; add it',
      )
    })

    it('more policies than a tenant has profiles', () => {
      const names = Array.from({ length: 9 }, (_, index) => `p-${index}`)
      expect(refusals(...names.map((name) => policy(name)), role('all', using(...names)), binding('all', [bob]))[0]).to.include(
        '9 policies are granted',
      )
    })

    it('two policies that would have one name', () => {
      expect(refusals(policy('a.b'), policy('a-b'), role('all', using('a.b', 'a-b')), binding('all', [bob]))[0]).to.include(
        'would both become the profile a-b',
      )
    })

    it('what the schema cannot say, by profile', () => {
      expect(refusals(policy('p', { volumes: ['tape'] }), role('p'), binding('p', [bob]))[0]).to.match(
        /^profile p: spec\.podSecurity\.profiles\[0\]\.rules\.volumes\[0\]: supported values: /,
      )
    })
  })

  describe('prints', () => {
    const hostile = 'x"\n- y: \\ #\'z'

    it('YAML that means the same, with the notes as comments', () => {
      const conversion = converted(policy('p'), role('p'), binding('p', [{ kind: 'User', name: hostile }]), {
        kind: hostile,
        metadata: { name: hostile },
      })
      const text = textOf(conversion)
      expect(parse(text)).to.deep.equal(conversion.resource)
      expect(parse(text, { version: '1.1' })).to.deep.equal(conversion.resource)
      for (const { text: note } of conversion.notes) expect(text).to.include(note.replaceAll(/\s+/g, ' '))
      expect(text).to.match(/# Probes and lifecycle hooks .*\n +- name: p\n/)
    })

    it('refusals, all of them', () => {
      expect(() => textOf({ refusals: ['a', 'b'] })).to.throw('cannot be translated:\n  - a\n  - b')
    })
  })
})
