/** cli/test/answer.ts — PURE: outcomes for people, for pull requests and for programs. */

import type { Answer } from '../output/answer.ts'
import type { Paint } from '../output/colour.ts'
import { markdownTable } from '../output/table.ts'
import { type Expectation, podName } from './expectations.ts'
import type { Outcome } from './outcomes.ts'
import { isAboutPod } from './pods.ts'

type Bad = Exclude<Outcome, { readonly result: 'passed' }>

export function testAnswer(outcomes: readonly Outcome[]): Answer {
  const bad = outcomes.flatMap((outcome): readonly Bad[] => (outcome.result === 'passed' ? [] : [outcome]))
  return {
    text: (paint) => [...bad.map((one) => lineOf(one, paint)), summaryText(outcomes)].join('\n'),
    markdown: () => [...(bad.length > 0 ? [tableOf(bad)] : []), summaryText(outcomes)].join('\n\n'),
    value: () => ({ summary: countsOf(outcomes), results: outcomes.map(resultValue) }),
  }
}

function lineOf(outcome: Bad, paint: Paint): string {
  const { expectation, result } = outcome
  return `${placeOf(outcome)}: ${paint('red', result === 'failed' ? 'FAILED' : 'ERROR')}: ${expectation.name}: ${messageOf(outcome)}: ${outcome.explanation}`
}

function placeOf({ expectation: { file, line } }: Bad): string {
  const at = line()
  return at === undefined ? file : `${file}:${at}`
}

/** "expected allow, got deny" */
export function messageOf(outcome: Bad): string {
  const { expect } = outcome.expectation
  return outcome.result === 'failed' ? `expected ${expect}, got ${outcome.actual}` : `expected ${expect}, but it cannot be judged`
}

function tableOf(bad: readonly Bad[]): string {
  const rows = bad.map((outcome) => {
    const { name, expect } = outcome.expectation
    return [name, expect, outcome.result === 'failed' ? outcome.actual : 'error', outcome.explanation, placeOf(outcome)]
  })
  return markdownTable(
    [bad.some(({ expectation }) => isAboutPod(expectation)) ? 'Flow or pod' : 'Flow', 'Expected', 'Is', 'Because', 'Where'],
    rows,
  )
}

export type Counts = {
  readonly flows: number
  readonly pods: number
  readonly passed: number
  readonly failed: number
  readonly errors: number
}

export function countsOf(outcomes: readonly Outcome[]): Counts {
  const count = (result: Outcome['result']) => outcomes.filter((outcome) => outcome.result === result).length
  const pods = outcomes.filter(({ expectation }) => isAboutPod(expectation)).length
  return { flows: outcomes.length - pods, pods, passed: count('passed'), failed: count('failed'), errors: count('error') }
}

function summaryText(outcomes: readonly Outcome[]): string {
  const { flows, pods, passed, failed, errors } = countsOf(outcomes)
  const what = [...(flows > 0 || pods === 0 ? [counted(flows, 'flow')] : []), ...(pods > 0 ? [counted(pods, 'pod')] : [])]
  const parts = [`${passed} passed`, `${failed} failed`, ...(errors > 0 ? [`${errors} could not be judged`] : [])]
  return `${what.join(' and ')}: ${parts.join(', ')}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function resultValue(outcome: Outcome): unknown {
  const { expectation, result } = outcome
  const { name, expect, file } = expectation
  return {
    name,
    ...subjectOf(expectation),
    expect,
    result,
    ...(result === 'failed' && { actual: outcome.actual }),
    ...(result === 'passed' ? { file } : { explanation: outcome.explanation, file, line: expectation.line() }),
  }
}

function subjectOf(expectation: Expectation): object {
  if (isAboutPod(expectation)) {
    const { user, groups, pod } = expectation
    return { ...(user !== undefined && { user }), ...(groups && { groups }), pod: podName(pod) }
  }
  const { from, to, port } = expectation
  return { from, to, port: port.port, ...(port.protocol !== undefined && { protocol: port.protocol }) }
}
