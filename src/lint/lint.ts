/**
 * lint/lint.ts — what a person should look at in resources and policies: PURE rules with codes that never change, one file each in rules/.
 *
 * A rule for a page: docs/lint/CODE.md. To add one: the next free code, a file in rules/, a line here, a page, and tests.
 */

import { compareFindings, type Finding } from './finding.ts'
import type { LintInput, LintRule } from './input.ts'
import { clusterRange } from './rules/cluster-range.ts'
import { everyPort } from './rules/every-port.ts'
import { exposedService } from './rules/exposed-service.ts'
import { foreignPolicy } from './rules/foreign-policy.ts'
import { hostAccess } from './rules/host-access.ts'
import { implied } from './rules/implied.ts'
import { oneFamily } from './rules/one-family.ts'
import { oneSided } from './rules/one-sided.ts'
import { openDirection } from './rules/open-direction.ts'
import { selectsNothing } from './rules/selects-nothing.ts'
import { wideRange } from './rules/wide-range.ts'
import { type Annotated, applySilences, SILENCE_RULE, type Silenced } from './silence.ts'

/** In the order of their codes, which are API: never given another meaning, never given away again. */
export const LINT_RULES: readonly LintRule[] = [
  wideRange,
  clusterRange,
  everyPort,
  oneFamily,
  oneSided,
  selectsNothing,
  implied,
  hostAccess,
  exposedService,
  openDirection,
  foreignPolicy,
]

/** All rules as they are listed, the one about silences among them. */
export const LINT_CODES: readonly Omit<LintRule, 'check'>[] = [...LINT_RULES, SILENCE_RULE]

/** The page about a code. */
export function lintPage(code: string): string {
  return `docs/lint/${code}.md`
}

export type Linted = {
  /** In the order of objects and fields. */
  readonly findings: readonly Finding[]
  /** Those that an annotation silences, with the reason that it gives. */
  readonly silenced: readonly Silenced[]
}

/** Everything that the rules find. `annotated` are the objects whose annotations may silence something. */
export function lint(input: LintInput, annotated: readonly Annotated[] = []): Linted {
  const all = LINT_RULES.flatMap(({ code, name, severity, check }) =>
    [...check(input)].map((found): Finding => ({ ...found, code, name, severity })),
  )
  const { findings, silenced } = applySilences(
    all,
    annotated,
    LINT_RULES.map(({ code }) => code),
  )
  return { findings: [...findings].sort(compareFindings), silenced: [...silenced].sort(compareFindings) }
}
