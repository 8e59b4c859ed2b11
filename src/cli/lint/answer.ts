/** cli/lint/answer.ts — PURE: findings for people, for pull requests and for programs. */

import { type Finding, refText, SEVERITIES, type Severity } from '../../lint/finding.ts'
import { type Linted, lintPage } from '../../lint/lint.ts'
import type { Silenced } from '../../lint/silence.ts'
import type { Answer } from '../output/answer.ts'
import type { Colour, Paint } from '../output/colour.ts'
import { markdownTable } from '../output/table.ts'

export type LintReport = Linted & {
  /** How many there are of lesser severity than was asked for. */
  readonly hidden: number
  /** `file:line` of the finding; undefined for what is in the cluster. */
  readonly where: (finding: Finding) => string | undefined
}

const COLOURS: Readonly<Record<Severity, Colour>> = { error: 'red', warning: 'yellow', info: 'cyan' }

export function lintAnswer(report: LintReport): Answer {
  return { text: (paint) => textOf(report, paint), markdown: () => markdownOf(report), value: () => reportValue(report) }
}

function textOf(report: LintReport, paint: Paint): string {
  const { findings, silenced, where } = report
  const lines = findings.map((finding) => {
    const { severity, code, message } = finding
    const at = where(finding)
    return `${at === undefined ? '' : `${at}: `}${paint(COLOURS[severity], `${severity} ${code}`)}: ${placeOf(finding)}: ${message}`
  })
  const quiet = silenced.map((one) => paint('dim', `silenced ${one.code}: ${placeOf(one)}: ${one.reason}`))
  const pages = codesIn(report).map(lintPage)
  return [...lines, ...quiet, summaryText(report), ...(pages.length > 0 ? [`Read more: ${pages.join(', ')}`] : [])].join('\n')
}

function codesIn({ findings }: LintReport): readonly string[] {
  return [...new Set(findings.map(({ code }) => code))].sort()
}

function placeOf({ object, field }: Finding): string {
  return field === '' ? refText(object) : `${refText(object)}: ${field}`
}

/** "1 error, 2 warnings; 1 silenced; 3 of lesser severity are not shown (--severity info)" */
function summaryText({ findings, silenced, hidden }: LintReport): string {
  const counts = SEVERITIES.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length
    return count === 0 ? [] : [`${count} ${severity === 'info' || count === 1 ? severity : `${severity}s`}`]
  })
  const rest = [
    ...(silenced.length > 0 ? [`${silenced.length} silenced`] : []),
    ...(hidden > 0 ? [`${hidden} of lesser severity not shown (--severity info)`] : []),
  ]
  return [counts.length === 0 ? 'nothing found' : counts.join(', '), ...rest].join('; ')
}

function markdownOf(report: LintReport): string {
  const { findings, silenced, where } = report
  const row = (finding: Finding, more: string) => [
    finding.severity,
    finding.code,
    [where(finding) ?? [], placeOf(finding)].flat().join(' '),
    more,
  ]
  const heads = ['Severity', 'Code', 'Where', 'What, and what to do']
  const parts = [
    ...(findings.length > 0
      ? [
          markdownTable(
            heads,
            findings.map((finding) => row(finding, finding.message)),
          ),
        ]
      : []),
    ...(silenced.length > 0
      ? [
          markdownTable(
            [...heads.slice(0, 3), 'Silenced because'],
            silenced.map((one: Silenced) => row(one, one.reason)),
          ),
        ]
      : []),
    summaryText(report),
    ...(findings.length > 0
      ? [
          `Read more: ${codesIn(report)
            .map((code) => `[${code}](${lintPage(code)})`)
            .join(', ')}`,
        ]
      : []),
  ]
  return parts.join('\n\n')
}

function reportValue({ findings, silenced, hidden, where }: LintReport): unknown {
  const value = (finding: Finding) => {
    const { code, name, severity, object, field, message } = finding
    const at = where(finding)
    return { code, name, severity, object, field, message, ...(at !== undefined && { at }), docs: lintPage(code) }
  }
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length
  return {
    summary: { error: count('error'), warning: count('warning'), info: count('info'), silenced: silenced.length, hidden },
    findings: findings.map(value),
    silenced: silenced.map((one) => ({ ...value(one), reason: one.reason })),
  }
}
