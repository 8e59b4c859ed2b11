/** demo/story.ts — the story in the order of its acts, each of which has to come true. */

import type { ControlPlane } from '../control-plane/control-plane.ts'
import { beforePods } from './acts/before-pods.ts'
import { drift } from './acts/drift.ts'
import { membership } from './acts/membership.ts'
import { mistakes } from './acts/mistakes.ts'
import { overview } from './acts/overview.ts'
import { people } from './acts/people.ts'
import { profiles } from './acts/profiles.ts'
import { tenants } from './acts/tenants.ts'
import { wayOut } from './acts/way-out.ts'
import { workloads } from './acts/workloads.ts'
import { observe } from './observer.ts'
import type { Operator } from './operator.ts'
import type { Say, Stage } from './stage.ts'

const HALVES: readonly (readonly [title: string, acts: readonly ((stage: Stage) => Promise<void>)[]])[] = [
  ['Who may talk to whom', [tenants, drift, membership, mistakes, overview]],
  ['Who may run what, and what nobody inside can undo', [people, beforePods, profiles, workloads, wayOut]],
]

/** Throws at the first step that does not come true. */
export async function tellStory(controlPlane: ControlPlane, operator: Operator, say: Say): Promise<void> {
  const observer = await observe(controlPlane)
  try {
    for (const [title, acts] of HALVES) {
      say(`\n--- ${title} ---`)
      for (const act of acts) await act({ controlPlane, operator, observer, say })
    }
  } finally {
    await observer.close()
  }
}
