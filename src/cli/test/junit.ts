/** cli/test/junit.ts — PURE: outcomes as JUnit XML, which every CI server shows: a suite for each file, a case for each flow and each pod. */

import { countsOf, messageOf } from './answer.ts'
import type { Outcome } from './outcomes.ts'

/** Without times, so that the same outcomes give the same bytes. */
export function junitXml(outcomes: readonly Outcome[]): string {
  const { failed, errors } = countsOf(outcomes)
  const suites = [...Map.groupBy(outcomes, ({ expectation }) => expectation.file)].flatMap(([file, some]) => suiteLines(file, some))
  const head = element('testsuites', { name: 'tenant-isolation test', tests: outcomes.length, failures: failed, errors })
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<${head}>`, ...suites, '</testsuites>', ''].join('\n')
}

function suiteLines(file: string, outcomes: readonly Outcome[]): readonly string[] {
  const { failed, errors } = countsOf(outcomes)
  return [
    `  <${element('testsuite', { name: file, tests: outcomes.length, failures: failed, errors })}>`,
    ...outcomes.flatMap((outcome) => caseLines(file, outcome)),
    '  </testsuite>',
  ]
}

function caseLines(file: string, outcome: Outcome): readonly string[] {
  const { name, line } = outcome.expectation
  const head = { name, classname: file }
  if (outcome.result === 'passed') return [`    <${element('testcase', head)}/>`]
  const tag = outcome.result === 'failed' ? 'failure' : 'error'
  const at = line()
  const place = at === undefined ? file : `${file}:${at}`
  return [
    `    <${element('testcase', { ...head, file, ...(at !== undefined && { line: at }) })}>`,
    `      <${element(tag, { message: messageOf(outcome) })}>${escaped(`${place}: ${outcome.explanation}`)}</${tag}>`,
    '    </testcase>',
  ]
}

function element(tag: string, attributes: Readonly<Record<string, string | number>>): string {
  return [tag, ...Object.entries(attributes).map(([name, value]) => `${name}="${escaped(String(value))}"`)].join(' ')
}

/** XML 1.0 has no way to write most control characters: what stands for them is the replacement character. */
function escaped(text: string): string {
  return text
    .replaceAll(CONTROL, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
}

const CONTROL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu
