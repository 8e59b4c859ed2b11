/** cli/impact/admissions.ts — PURE: running pods that would not be admitted again, grouped so that a person can read it. */

import { compareText } from '../../api/canonical.ts'
import type { PodManifest } from '../../judge/as-created.ts'
import type { Judge } from '../../judge/judge.ts'
import type { Pod } from '../input/kinds/pod.ts'
import type { Answer, Ward } from '../pods/judgements.ts'

/** Pods of one tenant that are refused in the same words. */
export type Refused = {
  readonly tenant: string
  /** The API server's. */
  readonly message: string
  /** Pods that no controller has made stand for themselves. */
  readonly workloads: readonly string[]
  readonly pods: number
  readonly example: string
  /** False: they fit a profile, and who creates them, which is not known, may be somebody who may use it. */
  readonly certain: boolean
  /** They would be refused as it is now, too. */
  readonly already: boolean
}

export type Admissions = {
  readonly refused: readonly Refused[]
  /** Why pods could not be judged: sentences. */
  readonly unknowns: readonly string[]
}

export type Admitted = {
  readonly pods: readonly Pod[]
  /** By namespace: what is asked of pods now, and then. */
  readonly now: (namespace: string) => Ward
  readonly wanted: (namespace: string) => Ward
  /** What a tenant would say to a pod that somebody creates again. */
  readonly judge: (by: Judge, pod: PodManifest) => Answer
}

type One = Omit<Refused, 'workloads' | 'pods'> & { readonly workload: string }

/** What the tenants of `wanted` would say to the pods, were they created again as they are. */
export function admissionsOf({ pods, now, wanted, judge }: Admitted): Admissions {
  const unknowns = new Set<string>()
  const refused = pods.flatMap((pod): readonly One[] => {
    const { namespace, name, workload, whole } = pod
    const ward = wanted(namespace)
    if ('unknown' in ward) unknowns.add(ward.unknown)
    if (!('judge' in ward) || !whole || !isEnforced(ward)) return []
    const judgement = judge(ward.judge, whole)
    if ('unknown' in judgement) unknowns.add(`pod ${namespace}/${name}: ${judgement.unknown}`)
    if ('unknown' in judgement || judgement.admitted) return []
    const before = now(namespace)
    return [
      {
        tenant: ward.tenant.metadata.name,
        message: judgement.message,
        workload: workload ? `${namespace}/${workload.kind}/${workload.name}` : `${namespace}/${name}`,
        example: `${namespace}/${name}`,
        certain: workload !== undefined || judgement.fits.every(({ findings }) => findings.length > 0),
        already: 'judge' in before && isEnforced(before) && isRefused(judge(before.judge, whole)),
      },
    ]
  })
  return { refused: grouped(refused), unknowns: [...unknowns] }
}

function isEnforced(ward: Extract<Ward, { readonly judge: Judge }>): boolean {
  return (ward.tenant.spec.podSecurity?.mode ?? 'Enforce') === 'Enforce'
}

function isRefused(answer: Answer): boolean {
  return !('unknown' in answer) && !answer.admitted
}

function grouped(refused: readonly One[]): readonly Refused[] {
  const alike = Map.groupBy(refused, ({ tenant, message, certain, already }) => JSON.stringify([already, !certain, tenant, message]))
  return [...alike]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, some]) => {
      const [{ workload: _, ...first }] = some as [One]
      return { ...first, workloads: [...new Set(some.map(({ workload }) => workload))].sort(compareText), pods: some.length }
    })
}
