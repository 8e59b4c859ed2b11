/** convert/psp.ts — from PodSecurityPolicies and the roles that grant them to one TenantIsolation. */

import { compareText } from '../api/canonical.ts'
import { API_VERSION, KIND } from '../api/labels.ts'
import { MAX_PROFILES, type Profile } from '../api/pod-security/pod-security.ts'
import { isBroad } from '../api/pod-security/subjects.ts'
import type { Subject } from '../api/subjects.ts'
import { type Spec, violations } from '../api/tenant-isolation.ts'
import { type PodSecurityPolicy, sorted } from './documents.ts'
import { grantsOf } from './grants.ts'
import { convertRules } from './rules.ts'

export type Target = { readonly name: string; readonly namespaceLabel: { readonly key: string; readonly value: string } }

export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: Spec
}

/** What changes its meaning on the way; about one profile, or about all of them. */
export type Note = { readonly profile?: string; readonly text: string }

export type Conversion = { readonly resource: Manifest; readonly notes: readonly Note[] } | { readonly refusals: readonly string[] }

/** What is different for every policy. */
const ALWAYS: readonly Note[] = [
  { text: 'PodSecurityPolicies said nothing about the network, and neither does this; without network.mode: Disabled it would be closed.' },
  { text: 'Who may use a profile is asked for the whole cluster: a RoleBinding in a namespace grants nothing.' },
  { text: 'A new label on an old pod is not a reason to check it again; an ephemeral container is, which PodSecurityPolicy let pass.' },
  {
    text: 'Filling in defaults needs Kubernetes 1.36; on older servers, pods have to say themselves what a policy demands.',
  },
  { text: 'The sysctls that are always allowed are those that Kubernetes calls safe today.' },
]

export function convertPodSecurityPolicies(documents: readonly unknown[], { name, namespaceLabel }: Target): Conversion {
  const { policies, roles, bindings, others } = sorted(documents)
  if (policies.length === 0) return { refusals: ['there is no PodSecurityPolicy in the files'] }
  const grants = grantsOf(policies.map(nameOf), roles, bindings)
  const used = policies.filter((policy) => grants.subjects.has(nameOf(policy))).toSorted((a, b) => compareText(nameOf(a), nameOf(b)))
  const refusals = [...grants.refusals, ...refusalsOf(used)]
  if (refusals.length > 0) return { refusals }

  const profiles = used.map((policy) => convertProfile(policy, grants.subjects.get(nameOf(policy)) ?? []))
  const resource: Manifest = {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name },
    spec: {
      namespaceSelector: { matchLabels: { [namespaceLabel.key]: namespaceLabel.value } },
      network: { mode: 'Disabled' },
      podSecurity: { defaulting: 'Enabled', profiles: profiles.map(({ profile }) => profile) },
    },
  }
  const broken = violations(resource)
  if (broken.length > 0)
    return {
      refusals: broken.map((sentence) =>
        explained(
          sentence,
          profiles.map(({ profile }) => profile),
        ),
      ),
    }
  return {
    resource,
    notes: [
      ...ALWAYS,
      ...others.map((other) => ({ text: `${other} is passed over.` })),
      ...grants.general.map((text) => ({ text })),
      ...policies
        .filter((policy) => !used.includes(policy))
        .map((policy) => ({ text: `PodSecurityPolicy ${nameOf(policy)} is left out: nobody in the files may use it.` })),
      ...profiles.flatMap(({ profile, notes }, index) =>
        [...notes, ...(grants.notes.get(nameOf(used[index] as PodSecurityPolicy)) ?? [])].map((text) => ({ profile: profile.name, text })),
      ),
    ],
  }
}

function refusalsOf(used: readonly PodSecurityPolicy[]): readonly string[] {
  if (used.length === 0)
    return ['nobody in the files may use any of the PodSecurityPolicies; add the roles and bindings that grant the verb use']
  const names = used.map((policy) => profileName(nameOf(policy)))
  return [
    ...(used.length > MAX_PROFILES
      ? [
          `${used.length} policies are granted (${used.map(nameOf).join(', ')}), and a TenantIsolation has at most ${MAX_PROFILES} profiles; leave some out, or write several resources`,
        ]
      : []),
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `two policies would both become the profile ${name}; rename one of them`),
  ]
}

function convertProfile(
  policy: PodSecurityPolicy,
  subjects: readonly Subject[],
): { readonly profile: Profile; readonly notes: readonly string[] } {
  const { rules, notes } = convertRules(policy)
  const name = profileName(nameOf(policy))
  const broad = rules.privileged === true && subjects.some(isBroad)
  return {
    profile: { name, preset: 'Custom', rules, subjects: [...subjects], ...(broad && { allowBroadSubjects: true }) },
    notes: [
      ...(name === nameOf(policy) ? [] : [`It was called ${nameOf(policy)}. Defaulting tries profiles in the order of their names.`]),
      ...(broad ? ['It gives privileged containers to everybody in the cluster, as before; think about allowBroadSubjects.'] : []),
      ...notes,
    ],
  }
}

/** PodSecurityPolicies had DNS subdomains for names, profiles have DNS labels. */
function profileName(name: string): string {
  return name.replaceAll('.', '-').slice(0, 63).replace(/-+$/, '')
}

function explained(sentence: string, profiles: readonly Profile[]): string {
  const index = /^spec\.podSecurity\.profiles\[(\d+)\]/.exec(sentence)?.[1]
  const profile = index === undefined ? undefined : profiles[Number(index)]
  return profile ? `profile ${profile.name}: ${sentence}` : sentence
}

function nameOf({ metadata }: PodSecurityPolicy): string {
  return metadata.name ?? ''
}
