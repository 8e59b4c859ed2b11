/**
 * observability/metrics-conditions.ts — the conditions of all tenants as metrics.
 *
 * The only metric here that grows with the cluster, and so the only one that is not prom-client's: it takes some 10 ms for the series of a
 * thousand tenants, at each scrape, during which no drift is repaired. Lines that are ready to be sent take less than one.
 */

export type ConditionStatus = 'True' | 'False' | 'Unknown'

export type Condition = { readonly tenant: string; readonly type: string; readonly status: ConditionStatus; readonly reason: string }

export type ConditionMetrics = {
  setCondition(condition: Condition): void
  /** The tenant is gone, and with it all its series. */
  forgetTenant(tenant: string): void
}

const NAME = 'tenantisolation_condition'
const HEAD = `# HELP ${NAME} The conditions of each TenantIsolation: 1 for the status and the reason that it has.\n# TYPE ${NAME} gauge\n`

/** `render` gives all series in the text format of Prometheus. */
export function createConditionMetrics(): ConditionMetrics & { readonly render: () => string } {
  // One line for each condition, not three of which two are 0.
  const tenants = new Map<string, Map<string, string>>()
  return {
    setCondition(condition) {
      const lines = tenants.get(condition.tenant) ?? new Map<string, string>()
      tenants.set(condition.tenant, lines)
      lines.set(condition.type, lineOf(condition))
    },
    forgetTenant: (tenant) => void tenants.delete(tenant),
    render() {
      let text = HEAD
      for (const lines of tenants.values()) for (const line of lines.values()) text += line
      return text
    },
  }
}

function lineOf({ tenant, type, status, reason }: Condition): string {
  return `${NAME}{tenant="${escapeLabel(tenant)}",type="${escapeLabel(type)}",status="${status}",reason="${escapeLabel(reason)}"} 1\n`
}

/** What the text format cannot hold in a label (Prometheus, exposition formats). */
function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
