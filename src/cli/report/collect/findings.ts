/** cli/report/collect/findings.ts — PURE: what lint has found, as the page shows it. */

import { refText } from '../../../lint/finding.ts'
import { lint, lintPage } from '../../../lint/lint.ts'
import type { Source } from '../../input/options.ts'
import type { Snapshot } from '../../input/snapshot.ts'
import { lintSubject } from '../../lint/input.ts'
import type { Finding } from '../model.ts'

/** All of them, down to the smallest hint, but for those that annotations silence. */
export function findingsIn(snapshot: Snapshot, source: Source): readonly Finding[] {
  const { input, annotated } = lintSubject(snapshot, source)
  return lint(input, annotated).findings.map(({ code, severity, message, object, field }) => ({
    code,
    severity,
    message,
    object: refText(object),
    field,
    doc: lintPage(code),
  }))
}
