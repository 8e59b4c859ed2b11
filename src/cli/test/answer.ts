/** cli/test/answer.ts — PURE: outcomes for people, for pull requests and for programs. */

import type { Answer } from '../output/answer.ts'
import type { Paint } from '../output/colour.ts'
import { markdownTable } from '../output/table.ts'
import type { Outcome } from './outcomes.ts'

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
  return markdownTable(['Flow', 'Expected', 'Is', 'Because', 'Where'], rows)
}

export type Counts = { readonly flows: number; readonly passed: number; readonly failed: number; readonly errors: number }

export function countsOf(outcomes: readonly Outcome[]): Counts {
  const count = (result: Outcome['result']) => outcomes.filter((outcome) => outcome.result === result).length
  return { flows: outcomes.length, passed: count('passed'), failed: count('failed'), errors: count('error') }
}

function summaryText(outcomes: readonly Outcome[]): string {
  const { flows, passed, failed, errors } = countsOf(outcomes)
  const parts = [`${passed} passed`, `${failed} failed`, ...(errors > 0 ? [`${errors} could not be judged`] : [])]
  return `${flows} ${flows === 1 ? 'flow' : 'flows'}: ${parts.join(', ')}`
}

function resultValue(outcome: Outcome): unknown {
  const { name, from, to, port, expect, file } = outcome.expectation
  return {
    name,
    from,
    to,
    port: port.port,
    ...(port.protocol !== undefined && { protocol: port.protocol }),
    expect,
    result: outcome.result,
    ...(outcome.result === 'failed' && { actual: outcome.actual }),
    ...(outcome.result === 'passed' ? { file } : { explanation: outcome.explanation, file, line: outcome.expectation.line() }),
  }
}
