/** support/mutants/watchers.ts — the tables of pods that watch the rules: under which profiles, what is asked, and whether it fits. */

import type { PodSecurity, Profile } from '../../../src/api/pod-security/pod-security.ts'
import { ask, createOld } from '../custom-rules/case.ts'
import { CASES } from '../custom-rules/cases.ts'
import type { Answer, People, Person } from '../people.ts'
import { attempt, createOldPods, isPossible, LISTS } from '../standard-pods.ts'
import { ROWS, ROWS_OF_NEWER_STANDARDS } from '../standards.ts'

export type Watcher = {
  readonly tenant: string
  readonly podSecurity: PodSecurity
  /** What has to be in the namespace before anybody asks. */
  readonly prepare: (people: People, who: Person, namespace: string) => Promise<void>
  readonly questions: readonly Question[]
}

export type Question = {
  readonly what: string
  /** Whether the pod fits, by profile. */
  readonly fits: readonly boolean[]
  readonly send: (people: People, who: Person, namespace: string) => Promise<Answer>
}

const NOBODY: Profile['subjects'] = [{ kind: 'User', name: 'nobody' }]

const standards: Watcher = {
  tenant: 'judged-standards',
  podSecurity: {
    profiles: (['Baseline', 'Restricted'] as const).map((preset) => ({ name: preset.toLowerCase(), preset, subjects: NOBODY })),
  },
  prepare: createOldPods,
  questions: [...ROWS, ...ROWS_OF_NEWER_STANDARDS].flatMap((row) =>
    LISTS.filter((list) => isPossible(row, list)).map((list) => ({
      what: `${row.name}, in ${list}`,
      fits: [row.level !== 'privileged', row.level === 'restricted'],
      send: (people, who, namespace) => attempt(people, who, namespace, row, list),
    })),
  ),
}

const custom: readonly Watcher[] = Object.entries(CASES).map(([name, { rules, defaulting, old, fits, refused }]) => ({
  tenant: `judged-${name.toLowerCase().replaceAll(/\W+/g, '-')}`,
  podSecurity: {
    defaulting: defaulting ? 'Enabled' : 'Disabled',
    profiles: [{ name: 'default', preset: 'Custom', rules, subjects: NOBODY }],
  },
  prepare: async (people, who, namespace) => {
    if (old) await createOld(people, who, namespace, old)
  },
  questions: [...fits.map((asked) => ({ asked, fit: true })), ...refused.map(([asked]) => ({ asked, fit: false }))].map(
    ({ asked, fit }) => ({
      what: JSON.stringify(asked),
      fits: [fit],
      send: (people, who, namespace) => ask(people, who, namespace, asked),
    }),
  ),
}))

export const WATCHERS: readonly Watcher[] = [standards, ...custom]
