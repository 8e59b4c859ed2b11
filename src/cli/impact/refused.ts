/** cli/impact/refused.ts — PURE: pods that would not be admitted again, for people and for pull requests. */

import type { Paint } from '../output/colour.ts'
import { brokenAtCommas, markdownTable } from '../output/table.ts'
import type { Refused } from './admissions.ts'
import { listed } from './listed.ts'

const HEAD = 'Pods that would not be admitted again'

/** Part of a summary; empty when there is nothing to say. */
export function refusedText(refused: readonly Refused[]): string {
  const pods = refused.reduce((sum, one) => sum + one.pods, 0)
  return pods === 0 ? '' : `not admitted again: ${pods === 1 ? 'one pod' : `${pods.toLocaleString('en')} pods`}`
}

export function refusedLines(refused: readonly Refused[], paint: Paint): readonly string[] {
  if (refused.length === 0) return []
  return [paint('bold', HEAD.toUpperCase()), ...refused.flatMap((one) => linesOf(one, paint)), '']
}

const WIDTH = 96

function linesOf(one: Refused, paint: Paint): readonly string[] {
  const head = brokenAtCommas(listed(one.workloads), WIDTH).map((text, index) => paint('red', `${index === 0 ? '  - ' : '    '}${text}`))
  return [...head, `      ${one.message}${conditionOf(one)}`, `      ${podsText(one)}`]
}

function conditionOf({ certain, already }: Refused): string {
  return [
    ...(certain ? [] : ['. Who creates it is not known, and may be somebody who may use it']),
    ...(already ? [' (as it is now, too)'] : []),
  ].join('')
}

function podsText({ tenant, pods, example }: Refused): string {
  return `${pods === 1 ? `pod ${example}` : `${pods.toLocaleString('en')} pods, such as ${example}`} of tenant ${tenant}`
}

export function refusedTable(refused: readonly Refused[]): readonly string[] {
  if (refused.length === 0) return []
  const rows = refused.map((one) => [one.tenant, listed(one.workloads), `${one.message}${conditionOf(one)}`, podsText(one)])
  return [`**${HEAD}**`, '', markdownTable(['Tenant', 'Workloads', 'Because', 'Pods'], rows), '']
}
