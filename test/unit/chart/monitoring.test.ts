/** The alerts and the dashboard of the chart: that they ask for what the operator says, and that whoever is woken finds a page. */

import { expect } from 'chai'
import { CONDITION_TYPES } from '../../../src/api/status.ts'
import { createMetrics } from '../../../src/observability/metrics.ts'
import { dashboardExpressions, dashboardJson } from '../../../tools/chart/dashboard.ts'
import { alerts } from '../../support/alerts.ts'
import { page, pagesIn } from '../../support/markdown.ts'
import { selectorsIn } from '../../support/promql.ts'

/** The names of all series of the operator. */
async function series(): Promise<ReadonlySet<string>> {
  const metrics = createMetrics({ version: 'test' })
  const text = await metrics.render()
  metrics.close()
  const typed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  return new Set(
    typed.flatMap(([, name = '', type]) => (type === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => name + end) : [name])),
  )
}

/** Those that docs/status.md explains. */
const REASONS = [...page('docs/status.md').matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, reason]) => reason)

/** What Grafana puts in. */
const asked = (expression: string) => expression.replaceAll('$__rate_interval', '5m')

describe('the alerts of the chart', () => {
  it('are some', () => {
    expect(alerts.map(({ alert }) => alert)).to.have.length.greaterThan(5)
  })

  for (const { alert, expr, labels, annotations, for: wait } of alerts) {
    it(`${alert} asks for metrics that the operator has`, async () => {
      const known = await series()
      for (const { metric } of selectorsIn(expr)) expect([...known], metric).to.include(metric)
    })

    it(`${alert} asks for conditions that a TenantIsolation has, for reasons that docs/status.md explains`, () => {
      for (const { metric, labels } of selectorsIn(expr)) {
        if (metric !== 'tenantisolation_condition') continue
        expect([...CONDITION_TYPES]).to.include(labels.type)
        if (labels.reason) expect(REASONS).to.include(labels.reason)
      }
    })

    it(`${alert} says how bad it is, what it means, and where to read on`, () => {
      expect(wait).to.match(/^\d+m$/)
      expect(labels.severity).to.match(/^(critical|warning)$/)
      expect(annotations.summary).to.match(/^[A-Z{].*\.$/)
      expect(annotations.description).to.match(/^[A-Z{].*\.$/)
      expect(annotations.runbook_url).to.equal(`RUNBOOKS/${alert}.md`)
      expect(page(`docs/runbooks/${alert}.md`)).to.match(new RegExp(`^# ${alert}\n\n[^#]+\n1\\. `))
    })
  }

  it('are all that there are runbooks for', () => {
    const names = pagesIn('docs/runbooks', '.md').map((file) => /([^/]+)\.md$/.exec(file)?.[1])
    expect(names).to.have.members(['README', ...alerts.map(({ alert }) => alert)])
  })
})

describe('the dashboard of the chart', () => {
  it('asks for metrics that the operator has', async () => {
    const known = await series()
    expect(dashboardExpressions()).to.have.length.greaterThan(15)
    for (const expression of dashboardExpressions())
      for (const { metric } of selectorsIn(asked(expression))) expect([...known], metric).to.include(metric)
  })

  it('fills its rows, and has an explanation for every panel', () => {
    const { panels } = JSON.parse(dashboardJson()) as {
      panels: readonly { id: number; title: string; description: string; gridPos: { x: number; y: number; w: number } }[]
    }
    const widths = new Map<number, number>()
    for (const { description, gridPos } of panels) {
      expect(description).to.match(/\.$/)
      widths.set(gridPos.y, (widths.get(gridPos.y) ?? 0) + gridPos.w)
    }
    for (const width of widths.values()) expect(width).to.equal(24)
    expect(new Set(panels.map(({ id }) => id))).to.have.property('size', panels.length)
  })
})

describe('what only looks like PromQL', () => {
  it('is found out', () => {
    expect(() => selectorsIn('sum by (tenant (x)')).to.throw('not PromQL')
    expect(selectorsIn('rate(a{b="c"}[5m]) > 1 and on (d) e')).to.deep.equal([
      { metric: 'a', labels: { b: 'c' } },
      { metric: 'e', labels: {} },
    ])
  })
})
