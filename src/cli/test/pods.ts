/** cli/test/pods.ts — PURE: each expectation of a pod against its tenant: what became of it, and why. */

import type { PodVerdicts } from '../pods/judgements.ts'
import type { Expectation, PodExpectation } from './expectations.ts'
import type { Outcome } from './outcomes.ts'

export function isAboutPod(expectation: Expectation): expectation is PodExpectation {
  return 'pod' in expectation
}

export function podOutcome(expectation: PodExpectation, verdictOf: PodVerdicts): Outcome {
  const verdict = verdictOf(expectation.pod, expectation)
  if ('unknown' in verdict) return { expectation, result: 'error', explanation: verdict.unknown }
  if (verdict.verdict === expectation.expect) return { expectation, result: 'passed' }
  return { expectation, result: 'failed', actual: verdict.verdict, explanation: verdict.explanation }
}
