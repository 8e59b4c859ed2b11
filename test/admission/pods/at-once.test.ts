/** Pods that plainly fit are admitted by the match conditions alone: the same pods, and never at the price of a word about budgets. */

import { expect } from 'chai'
import { podSecurityPolicy } from '../../../src/admission/pods/pod-security.ts'
import { GROUP } from '../../../src/api/labels.ts'
import type { Profile } from '../../../src/api/pod-security/pod-security.ts'
import type { Preset } from '../../../src/api/pod-security/presets.ts'
import { ADMIN, type Answer, openPeople, type People, person } from '../../support/people.ts'
import {
  apply,
  createPod,
  installPodSecurity,
  PATHS,
  type PodManifest,
  secure,
  uninstallPodSecurity,
  untilSo,
} from '../../support/pod-security.ts'
import { attempt, isPossible } from '../../support/standard-pods.ts'
import { type Level, ROWS } from '../../support/standards.ts'

const alice = person('alice')
const PROBE = `asked.${GROUP}`
const everybody: Profile['subjects'] = [{ kind: 'Group', name: 'system:authenticated' }]
const nobody: Profile['subjects'] = [{ kind: 'User', name: 'nobody' }]
const other: Profile = { name: 'other', preset: 'Basic', subjects: nobody }

const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index))

/** Fits Restricted. As many containers, half of them init containers, and of each list as much as at-once.ts takes. */
function greatPod(containers: number, entries: 'ports' | 'volumeMounts' | 'capabilities'): PodManifest {
  // Warnings of the API server about ports said twice would crowd out ours.
  const one = (prefix: string, first: number) => (index: number) => ({
    name: `${prefix}-${index}`,
    image: 'none',
    ...(entries === 'ports' && { ports: many(31, (port) => ({ containerPort: first + index * 31 + port })) }),
    ...(entries === 'volumeMounts' && { volumeMounts: many(31, (volume) => ({ name: `volume-${volume}`, mountPath: `/mnt/${volume}` })) }),
    securityContext: {
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL', ...(entries === 'capabilities' ? many(31, () => 'NET_RAW') : [])] },
      seccompProfile: { type: 'RuntimeDefault' },
      appArmorProfile: { type: 'RuntimeDefault' },
      seLinuxOptions: { type: 'container_t', level: 's0:c1,c2' },
    },
  })
  return {
    metadata: { annotations: Object.fromEntries(many(63, (index) => [`example.com/${index}`, 'x'])) },
    spec: {
      // The API server mounts a token into each container otherwise.
      automountServiceAccountToken: false,
      securityContext: {
        seccompProfile: { type: 'RuntimeDefault' },
        sysctls: many(8, (index) => ({
          name: `net.ipv4.${['ip_local_reserved_ports', 'tcp_syncookies', 'ping_group_range', 'tcp_wmem', 'tcp_rmem', 'tcp_keepalive_time', 'tcp_fin_timeout', 'tcp_keepalive_intvl'][index]}`,
          value: '1',
        })),
        supplementalGroups: many(8, (index) => index + 1),
      },
      volumes: many(128, (index) => ({ name: `volume-${index}`, emptyDir: {} })),
      containers: many(Math.ceil(containers / 2), one('main', 1)),
      initContainers: many(Math.floor(containers / 2), one('first', 10_000)),
    },
  }
}

describe('a pod that plainly fits one of the first two profiles', function () {
  this.timeout(90_000)
  let people: People

  before(async () => {
    people = await openPeople()
    await installPodSecurity(people)
    // The policy as it is, but that it refuses whatever it is asked about.
    const { metadata, spec } = podSecurityPolicy() as { metadata: object; spec: object }
    const asked = { ...spec, variables: [], validations: [{ expression: 'false', message: 'the policy is asked' }] }
    const kind = 'ValidatingAdmissionPolicy'
    await apply(people, { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { ...metadata, name: PROBE }, spec: asked })
  })

  after(async () => {
    for (const kind of ['ValidatingAdmissionPolicyBinding', 'ValidatingAdmissionPolicy']) {
      const { body } = await people.as(ADMIN, { method: 'GET', path: PATHS[kind] ?? '' })
      for (const { metadata } of body.items as { metadata: { name: string } }[])
        if (metadata.name.endsWith(PROBE)) await people.as(ADMIN, { method: 'DELETE', path: `${PATHS[kind]}/${metadata.name}` })
    }
    await uninstallPodSecurity(people)
  })

  /** A tenant of whose pods we hear whether the policy is asked about them. */
  async function tenant(name: string, profiles: Profile[]): Promise<void> {
    await secure(people, name, { profiles })
    await apply(people, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: `${name}.${PROBE}` },
      spec: {
        policyName: PROBE,
        validationActions: ['Warn'],
        paramRef: { name, parameterNotFoundAction: 'Deny' },
        matchResources: { namespaceSelector: { matchLabels: { tenant: name } } },
      },
    })
    const misfit = { spec: { hostPID: true, containers: [{ name: 'main', image: 'none' }] } }
    await untilSo(`the policies of ${name} count`, async () => {
      const { code, warnings } = await createPod(people, alice, name, misfit)
      return code === 403 && warnings.join().includes('is asked')
    })
  }

  const verdictOf = ({ code, warnings, body }: Answer) => ({
    code,
    asked: warnings.join().includes('the policy is asked'),
    message: String(body.message ?? ''),
  })
  const judge = async (namespace: string, pod: PodManifest) => verdictOf(await createPod(people, alice, namespace, pod))

  const plain = { spec: { containers: [{ name: 'main', image: 'none' }] } }

  it('is admitted without a look at the policy, by the first or by the second', async () => {
    await tenant('at-once-first', [{ name: 'basic', preset: 'Basic', subjects: everybody }, other])
    await tenant('at-once-second', [other, { name: 'basic', preset: 'Basic', subjects: everybody }])
    for (const namespace of ['at-once-first', 'at-once-second']) {
      expect(await judge(namespace, plain), namespace).to.deep.include({ code: 201, asked: false })
    }
  })

  it('one that fits the third alone, or a profile with rules of its own, is for the policy', async () => {
    await tenant('at-once-third', [other, { ...other, name: 'another' }, { name: 'basic', preset: 'Basic', subjects: everybody }])
    await tenant('at-once-custom', [{ name: 'custom', preset: 'Custom', rules: {}, subjects: everybody }])
    for (const namespace of ['at-once-third', 'at-once-custom']) {
      expect(await judge(namespace, plain), namespace).to.deep.include({ code: 201, asked: true })
    }
  })

  for (const preset of ['Baseline', 'Restricted'] as const) {
    it(`${preset}: the policy is asked about exactly those pods that it refuses`, async () => {
      const name = `at-once-${preset.toLowerCase()}`
      await tenant(name, [other, { name: 'default', preset, subjects: everybody }])
      const fits = (level: Level) => level === 'restricted' || level === preset.toLowerCase()
      for (const list of ['containers', 'initContainers'] as const) {
        for (const row of ROWS.filter((candidate) => isPossible(candidate, list))) {
          const { code, asked, message } = verdictOf(await attempt(people, alice, name, row, list))
          expect(asked, `${row.name}: ${code} ${message}`).to.equal(!fits(row.level))
          expect(code, `${row.name}: ${message}`).to.equal(fits(row.level) ? 201 : 403)
        }
      }
    })
  }

  for (const preset of ['Basic', 'Baseline', 'Restricted'] as const satisfies readonly Preset[]) {
    it(`${preset}: the greatest pods are within the budget, whether they are admitted by the second profile or by none`, async () => {
      const name = `at-once-great-${preset.toLowerCase()}`
      await tenant(name, [
        { ...other, preset },
        { name: 'default', preset, subjects: everybody },
      ])
      await tenant(`${name}-nobody`, [
        { ...other, preset },
        { ...other, name: 'default', preset },
      ])
      for (const entries of ['ports', 'volumeMounts', 'capabilities'] as const) {
        expect(await judge(name, greatPod(100, entries)), entries).to.deep.include({ code: 201, asked: false })
        expect(await judge(name, greatPod(101, entries)), `${entries}, one container more`).to.deep.include({ code: 201, asked: true })
        const { code, asked, message } = await judge(`${name}-nobody`, greatPod(100, entries))
        expect({ code, asked }, message).to.deep.equal({ code: 403, asked: true })
        expect(message).to.include('may use a pod security profile of tenant')
      }
    })
  }
})
