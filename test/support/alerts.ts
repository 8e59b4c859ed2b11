/** support/alerts.ts — the alerts of the chart. */

import { parse } from 'yaml'
import { page } from './markdown.ts'

export type Alert = {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

const file = parse(page('charts/tenant-isolation/files/alerts.yaml')) as {
  readonly groups: readonly { readonly rules: readonly Alert[] }[]
}

export const alerts: readonly Alert[] = file.groups.flatMap(({ rules }) => rules)
