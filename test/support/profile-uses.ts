/** support/profile-uses.ts — who may use which profile for what: requests of several people against tenants with several profiles. */

import type { PodSecurity, Profile } from '../../src/api/pod-security/pod-security.ts'
import { ask, context, type Ephemeral } from './custom-rules/case.ts'
import { type Answer, type People, type Person, person } from './people.ts'
import { createPod, type PodManifest } from './pod-security.ts'

export type Use = {
  readonly what: string
  readonly tenant: string
  readonly who: Person
  /** Of the profile that it is most about, counted from 0; it may be one that is not there. */
  readonly slot?: number
  readonly send: (people: People, who: Person, namespace: string) => Promise<Answer>
  /** What is said against it, once; nothing when it is let in. */
  readonly objection?: RegExp
}

/** The namespace of a tenant that pod-security judges, and the one where another form of it does. */
export const USED = (tenant: string): string => tenant
export const BESIDE = (tenant: string): string => `${tenant}-beside`

const SLOTS = [0, 1, 2, 3, 4, 5, 6, 7] as const
/** How many profiles other tenants have. */
const FEWER = [1, 2, 3, 4, 5, 6, 7] as const
const account = (slot: number) => `account-${slot}`
const user = (slot: number) => person(`user-${slot}`)
const stranger = person('stranger')

const profile = (slot: number): Profile => ({
  name: `p${slot}`,
  preset: 'Custom',
  rules: { capabilities: { allowed: [`ALLOWED_${slot}`] } },
  subjects: [
    { kind: 'User', name: user(slot).user },
    ...[USED, BESIDE].map((of) => ({ kind: 'ServiceAccount' as const, namespace: of('uses'), name: account(slot) })),
  ],
})

const PRESETS: readonly Profile[] = [
  { name: 'privileged', preset: 'Privileged', subjects: [{ kind: 'User', name: 'bob' }] },
  { name: 'baseline', preset: 'Baseline', subjects: [{ kind: 'User', name: 'carol' }] },
  { name: 'custom', preset: 'Custom', rules: {}, subjects: [{ kind: 'User', name: 'dave' }] },
]

/** Subjects that are nearly user 0 in a namespace of the tenant, with the default service account. */
const NEARLY: Profile['subjects'] = [
  { kind: 'Group', name: user(0).user },
  { kind: 'User', name: 'system:authenticated' },
  { kind: 'Group', name: 'others' },
  { kind: 'ServiceAccount', namespace: 'elsewhere', name: 'default' },
]

/** By namespace; one has nothing about pods, as while its bindings outlive that by a moment. */
export const TENANTS: Readonly<Record<string, PodSecurity | undefined>> = {
  uses: { profiles: SLOTS.map(profile) },
  'uses-warned': { mode: 'Warn', profiles: SLOTS.map(profile) },
  'uses-nearly': { profiles: [profile(0), { ...profile(1), subjects: NEARLY }] },
  'uses-presets': { profiles: [...PRESETS] },
  'uses-disabled': { mode: 'Disabled', profiles: [profile(0)] },
  'uses-nothing': undefined,
  ...Object.fromEntries(FEWER.map((count) => [`uses-${count}`, { profiles: SLOTS.slice(0, count).map(profile) }])),
}

/** Service accounts by tenant. */
export const ACCOUNTS: Readonly<Record<string, readonly string[]>> = { uses: SLOTS.map(account) }

const adding = (capability: string, spec: object = {}) => context({ capabilities: { add: [capability] } }, spec)
const privileged = context({ privileged: true })
const HOST_PATHS = Array.from({ length: 20 }, (_, index) => ({ name: `v${index}`, hostPath: { path: '/' } }))

/** Pods that were there before anybody judged them, by tenant and name. */
export const OLD_PODS: Readonly<Record<string, Readonly<Record<string, PodManifest>>>> = {
  uses: { unfit: { spec: { ...adding('OTHER').spec, initContainers: [{ name: 'first', image: 'none' }] } }, old: adding('ALLOWED_0') },
}

const create =
  (pod: PodManifest): Use['send'] =>
  (people, who, namespace) =>
    createPod(people, who, namespace, pod)
const change =
  (patch: readonly object[]): Use['send'] =>
  (people, who, namespace) =>
    people.as(who, {
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/pods/unfit?dryRun=All`,
      body: patch,
      contentType: 'application/json-patch+json',
    })
const debug =
  (container: Ephemeral): Use['send'] =>
  (people, who, namespace) =>
    ask(people, who, namespace, container)

const sentence = (slot: number) => `profile "p${slot}": containers? [\\w, ]+: capabilities\\.add may only have "ALLOWED_${slot}"`
/** A profile, and all behind it but those that fit. */
const unfit = (slot: number, count: number = SLOTS.length, ...fit: readonly number[]) =>
  new RegExp(
    `the pod does not fit ${SLOTS.slice(slot, count)
      .filter((other) => !fit.includes(other))
      .map(sentence)
      .join('\\. Nor does it fit ')}${fit.length === 0 ? '' : hint(fit)}$`,
  )
const hint = (fit: readonly number[]) =>
  `\\. It would fit profile ${fit.map((slot) => `"p${slot}"`).join(' or ')}, which neither user "user-\\d" nor service account "[^"]*/default" may use`

export const USES: readonly Use[] = [
  {
    what: 'somebody without a profile',
    tenant: 'uses',
    who: stranger,
    send: create(adding('ALLOWED_0')),
    objection: /neither user "stranger" nor service account "uses[^"]*\/default" may use a pod security profile of tenant uses/,
  },
  {
    // The mirror of a static pod is the only one that the API server gives none.
    what: 'somebody without a profile, for a pod without a service account',
    tenant: 'uses',
    who: stranger,
    send: create({
      metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } },
      spec: { ...adding('ALLOWED_0').spec, nodeName: 'node' },
    }),
    objection: /neither user "stranger" nor service account "uses[^"]*\/" may use a pod security profile of tenant uses/,
  },
  {
    what: 'the label of an old pod that fits no more',
    tenant: 'uses',
    who: user(0),
    send: change([{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }]),
  },
  {
    what: 'another image of an old pod that fits no more',
    tenant: 'uses',
    who: user(0),
    send: change([{ op: 'replace', path: '/spec/containers/0/image', value: 'other' }]),
    objection: unfit(0),
  },
  {
    what: 'another image of its init container',
    tenant: 'uses',
    who: user(0),
    send: change([{ op: 'replace', path: '/spec/initContainers/0/image', value: 'other' }]),
    objection: unfit(0),
  },
  { what: 'an ephemeral container that fits', tenant: 'uses', who: user(0), send: debug({ ephemeral: {} }) },
  {
    what: 'an ephemeral container that goes beyond the profile',
    tenant: 'uses',
    who: user(0),
    send: debug({ ephemeral: { securityContext: { capabilities: { add: ['OTHER'] } } } }),
    objection: unfit(0),
  },
  { what: 'the second of two', tenant: 'uses-2', who: user(1), send: create(adding('ALLOWED_1')) },
  { what: 'none of two fits', tenant: 'uses-2', who: user(1), send: create(adding('OTHER')), objection: unfit(1, 2) },
  {
    what: 'none of two may be used',
    tenant: 'uses-2',
    who: user(2),
    send: create(adding('ALLOWED_2')),
    objection: /neither user "user-2" nor/,
  },
  { what: 'Privileged', tenant: 'uses-presets', who: person('bob'), send: create(privileged) },
  { what: 'Baseline, kept to', tenant: 'uses-presets', who: person('carol'), send: create(adding('CHOWN')) },
  {
    what: 'Baseline, and beyond',
    tenant: 'uses-presets',
    who: person('carol'),
    send: create(privileged),
    objection: /does not fit profile "baseline": container main: privileged is not allowed\. .*It would fit profile "privileged", which/,
  },
  {
    what: 'no rules, where those of a preset would do',
    tenant: 'uses-presets',
    who: person('dave'),
    send: create(adding('CHOWN')),
    objection:
      /does not fit profile "custom": container main: capabilities\.add may have none\. It would fit profile "privileged" or "baseline"/,
  },
  {
    what: 'a profile of somebody who is nearly the same',
    tenant: 'uses-nearly',
    who: user(0),
    send: create(adding('ALLOWED_1')),
    objection: unfit(0, 2, 1),
  },
  {
    what: 'more than anybody reads of one profile',
    tenant: 'uses-presets',
    who: person('carol'),
    send: create({ ...privileged, spec: { ...privileged.spec, volumes: HOST_PATHS } }),
    objection:
      /does not fit profile "baseline": container main: privileged is not allowed; volume v0: [^"]{0,500}\.\.\. \(21 findings\)\. Nor does it fit profile "custom": /,
  },
  { what: 'everything, while it is disabled', tenant: 'uses-disabled', who: stranger, send: create(privileged) },
  { what: 'everything, while nothing is said', tenant: 'uses-nothing', who: stranger, send: create(privileged) },
  ...FEWER.map(
    (count): Use => ({
      what: `the last of ${count} profiles does not fit`,
      tenant: `uses-${count}`,
      slot: count,
      who: user(count - 1),
      send: create(adding('OTHER')),
      objection: unfit(count - 1, count),
    }),
  ),
  ...SLOTS.flatMap((slot): Use[] => {
    const next = (slot + 1) % SLOTS.length
    const about = { tenant: 'uses', slot } as const
    return [
      { ...about, what: `the user of profile ${slot} keeps to it`, who: user(slot), send: create(adding(`ALLOWED_${slot}`)) },
      {
        ...about,
        what: `a pod keeps to profile ${slot}, which its service account may use`,
        who: stranger,
        send: create(adding(`ALLOWED_${slot}`, { serviceAccountName: account(slot) })),
      },
      {
        ...about,
        what: `the user of profile ${slot} goes beyond it`,
        who: user(slot),
        send: create(adding('OTHER')),
        objection: unfit(slot),
      },
      {
        ...about,
        tenant: 'uses-warned',
        what: `the user of profile ${slot}, who is only warned`,
        who: user(slot),
        send: create(adding('OTHER')),
        objection: unfit(slot),
      },
      {
        ...about,
        what: `the user of profile ${slot} wants what profile ${next} allows`,
        who: user(slot),
        send: create(adding(`ALLOWED_${next}`)),
        objection: unfit(slot, SLOTS.length, next),
      },
    ]
  }),
]
