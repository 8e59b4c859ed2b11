/** chart/dashboard.ts — the Grafana dashboard: one screen that answers what a platform team asks. */

type Target = { readonly expr: string; readonly legend?: string }
type Panel = {
  readonly title: string
  readonly description: string
  readonly type: 'stat' | 'timeseries' | 'table'
  /** Of the 24 columns of a row. */
  readonly width: number
  readonly unit?: string
  readonly targets: readonly Target[]
}

const LEADER = 'and on (instance) leader_election_master_status{name="tenant-isolation"} == 1'
const OURS = 'and on (instance) tenantisolation_build_info'

const ROWS: readonly (readonly Panel[])[] = [
  [
    stat('Leader', 'One replica writes; the others wait with full caches.', 'sum(leader_election_master_status{name="tenant-isolation"})'),
    stat(
      'Tenants ready',
      'Isolated as their resources say.',
      `count(tenantisolation_condition{type="Ready",status="True"} ${LEADER}) or vector(0)`,
    ),
    stat(
      'Tenants not ready',
      'Condition Ready says why.',
      `count(tenantisolation_condition{type="Ready",status="False"} ${LEADER}) or vector(0)`,
    ),
    stat(
      'Stalled',
      'Need a person; condition Stalled says for what.',
      `count(tenantisolation_condition{type="Stalled",status="True"} ${LEADER}) or vector(0)`,
    ),
    stat(
      'Opened by others',
      'NetworkPolicies that are not ours open them to what is outside of the tenant; condition IsolationWidened names them.',
      `count(tenantisolation_condition{type="IsolationWidened",status="True",reason="BoundaryOpened"} ${LEADER}) or vector(0)`,
    ),
    stat(
      'Drifted',
      'Somebody keeps changing what is ours.',
      `count(tenantisolation_condition{type="Drifted",status="True"} ${LEADER}) or vector(0)`,
    ),
  ],
  [
    {
      title: 'Objects kept as they should be',
      description: 'By kind.',
      type: 'timeseries',
      width: 12,
      targets: [{ expr: 'max by (kind) (tenantisolation_managed_objects)', legend: '{{kind}}' }],
    },
    {
      title: 'Writes',
      description: 'At rest there are none.',
      type: 'timeseries',
      width: 12,
      unit: 'wps',
      targets: [{ expr: 'sum by (kind, verb) (rate(tenantisolation_writes_total[$__rate_interval]))', legend: '{{verb}} {{kind}}' }],
    },
  ],
  [
    {
      title: 'Changes of others that were undone',
      description: 'By kind and what was done to it.',
      type: 'timeseries',
      width: 8,
      targets: [
        { expr: 'sum by (kind, change) (increase(tenantisolation_drift_reverts_total[$__rate_interval]))', legend: '{{change}} {{kind}}' },
      ],
    },
    quantiles('Seen until undone', 'How long a change of others stood.', 'tenantisolation_drift_revert_seconds'),
    quantiles(
      'New namespace until closed',
      'From when it was seen until its isolation was in place.',
      'tenantisolation_namespace_protected_seconds',
    ),
  ],
  [
    {
      title: 'Reconciles',
      description: 'By result.',
      type: 'timeseries',
      width: 8,
      targets: [{ expr: `sum by (result) (rate(controller_runtime_reconcile_total[$__rate_interval]) ${OURS})`, legend: '{{result}}' }],
    },
    {
      title: 'Requests to the API server',
      description: 'By answer.',
      type: 'timeseries',
      width: 8,
      unit: 'reqps',
      targets: [
        { expr: `sum by (method, code) (rate(rest_client_requests_total[$__rate_interval]) ${OURS})`, legend: '{{method}} {{code}}' },
      ],
    },
    {
      title: 'Queue',
      description: 'What waits to be looked at.',
      type: 'timeseries',
      width: 8,
      targets: [{ expr: `sum by (instance) (workqueue_depth ${OURS})`, legend: '{{instance}}' }],
    },
  ],
  [
    {
      title: 'Memory',
      description: 'Resident, by replica.',
      type: 'timeseries',
      width: 8,
      unit: 'bytes',
      targets: [{ expr: `process_resident_memory_bytes ${OURS}`, legend: '{{instance}}' }],
    },
    {
      title: 'CPU',
      description: 'Cores, by replica.',
      type: 'timeseries',
      width: 8,
      targets: [{ expr: `rate(process_cpu_seconds_total[$__rate_interval]) ${OURS}`, legend: '{{instance}}' }],
    },
    {
      title: 'Last heard of',
      description: 'The API server says something about every minute.',
      type: 'timeseries',
      width: 8,
      unit: 's',
      targets: [{ expr: 'max by (resource) (tenantisolation_cache_age_seconds)', legend: '{{resource}}' }],
    },
  ],
  [
    {
      title: 'Tenants that are not ready',
      description: 'kubectl describe ti says why.',
      type: 'table',
      width: 24,
      targets: [
        {
          expr: `max by (tenant, type, status, reason) (tenantisolation_condition{type=~"Ready|NetworkIsolated|PodSecurityEnforced",status!="True"} ${LEADER})`,
        },
      ],
    },
  ],
]

/** All expressions of the dashboard. */
export function dashboardExpressions(): readonly string[] {
  return ROWS.flat().flatMap(({ targets }) => targets.map(({ expr }) => expr))
}

export function dashboardJson(): string {
  let y = 0
  let id = 0
  const panels = ROWS.flatMap((row) => {
    let x = 0
    const height = row[0]?.type === 'stat' ? 4 : 8
    const placed = row.map((panel) => {
      const position = { h: height, w: panel.width, x, y }
      x += panel.width
      id += 1
      return panelJson(panel, id, position)
    })
    y += height
    return placed
  })
  const dashboard = {
    uid: 'tenant-isolation',
    title: 'tenant-isolation',
    description: 'Tenants, and the operator that keeps them apart.',
    tags: ['kubernetes', 'security'],
    editable: true,
    schemaVersion: 39,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {}, hide: 0 }],
    },
    panels,
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

function panelJson({ title, description, type, unit, targets }: Panel, id: number, gridPos: object): object {
  const datasource = { type: 'prometheus', uid: '$' + '{datasource}' }
  return {
    id,
    title,
    description,
    type,
    gridPos,
    datasource,
    fieldConfig: { defaults: { ...(unit !== undefined && { unit }), min: 0 }, overrides: [] },
    targets: targets.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource,
      expr,
      ...(legend !== undefined && { legendFormat: legend }),
      ...(type === 'table' ? { format: 'table', instant: true } : {}),
    })),
  }
}

function stat(title: string, description: string, expr: string): Panel {
  return { title, description, type: 'stat', width: 4, targets: [{ expr }] }
}

function quantiles(title: string, description: string, histogram: string): Panel {
  const targets = [0.5, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (le) (rate(${histogram}_bucket[$__rate_interval])))`,
    legend: `p${quantile * 100}`,
  }))
  return { title, description, type: 'timeseries', width: 8, unit: 's', targets }
}
