/** What the page shows of a report when somebody searches, and where its arrow keys lead. */

import { expect } from 'chai'
import { gridOf, MOST_COLUMNS, MOST_ROWS, nextPlace } from '../../../../src/cli/report/client/grid.ts'
import { findingsFor, flowsFor, groupsFor, indexOf, type Kind } from '../../../../src/cli/report/client/search.ts'
import { flow, group, outsideGroup, reportWith, smallReport } from '../../../support/report.ts'

describe('a search in the page', () => {
  const report = smallReport()
  const index = indexOf(report)
  const found = (text: string, kind: Kind = 'ofTenants') => flowsFor(report, index, { text, kind })

  it('finds flows by tenant, namespace, pod and port, whatever the capitals, and asks for every word', () => {
    expect(found('')).to.have.lengthOf(report.flows.length)
    expect(found('Payments')).to.deep.equal([4, 5])
    expect(found('manning-web 8080')).to.deep.equal([3])
    expect(found('acme-web/api')).to.deep.equal([3])
    expect(found('443')).to.deep.equal([2])
    expect(found('acme payments')).to.deep.equal([])
  })

  it('narrows to flows of a kind', () => {
    expect(found('', 'between')).to.deep.equal([3, 4, 5])
    expect(found('', 'outside')).to.deep.equal([1, 2])
    expect(found('', 'within')).to.deep.equal([0])
    expect(found('', 'foreign')).to.deep.equal([5])
    expect(found('', 'depends')).to.deep.equal([4])
    expect(found('acme', 'depends')).to.deep.equal([])
  })

  it('leaves flows without a tenant out to begin with', () => {
    const others = reportWith({
      groups: [group('acme'), outsideGroup('DNS', 'platform'), outsideGroup('Internet')],
      flows: [flow(0, 1), flow(1, 2)],
    })
    const all = indexOf(others)
    expect(flowsFor(others, all, { text: '', kind: 'ofTenants' })).to.deep.equal([0])
    expect(flowsFor(others, all, { text: '', kind: 'all' })).to.deep.equal([0, 1])
  })

  it('finds tenants to whom nothing is open, and findings', () => {
    expect(groupsFor(index, { text: 'payments', kind: 'all' })).to.deep.equal([2])
    const finding = {
      code: 'TI001',
      severity: 'warning',
      message: 'too wide',
      object: 'TenantIsolation acme',
      field: 'spec',
      doc: '',
    } as const
    expect(findingsFor([finding], { text: 'ti001 acme', kind: 'all' })).to.deep.equal([finding])
    expect(findingsFor([finding], { text: 'manning', kind: 'all' })).to.deep.equal([])
  })
})

describe('the matrix of the page', () => {
  it('has rows for those who connect and columns for those who answer', () => {
    const report = smallReport()
    const { rows, columns, flowAt } = gridOf(report, [1, 3], [])
    expect([rows, columns]).to.deep.equal([
      [0, 1],
      [0, 3],
    ])
    expect(flowAt(1, 0)).to.equal(3)
    expect(flowAt(0, 0)).to.equal(undefined)
  })

  it('is bounded for a thousand tenants, and a page of it begins at any row', () => {
    const groups = Array.from({ length: 1000 }, (_, at) => group(`tenant-${at}`))
    const report = reportWith({ groups, flows: groups.map((_, at) => flow(at, (at + 1) % 1000)) })
    const all = groups.map((_, at) => at)
    const first = gridOf(report, all, all)
    expect([first.rows.length, first.columns.length, first.moreRows]).to.deep.equal([MOST_ROWS, MOST_COLUMNS, 1000 - MOST_ROWS])
    expect(first.columns, 'only those that these rows reach').to.deep.equal(all.slice(1, MOST_COLUMNS + 1))
    const last = gridOf(report, all, all, 5000)
    expect([last.start, last.rows.at(-1), last.moreRows]).to.deep.equal([960, 999, 0])
    expect(last.columns).to.include(0)
  })

  it('says how many columns are left out', () => {
    const groups = Array.from({ length: 100 }, (_, at) => group(`tenant-${at}`))
    const report = reportWith({ groups, flows: groups.map((_, at) => flow(0, at)) })
    expect(
      gridOf(
        report,
        groups.map((_, at) => at),
        [],
      ).moreColumns,
    ).to.equal(100 - MOST_COLUMNS)
  })

  it('is walked with the arrow keys, from open cell to open cell', () => {
    const places = [
      { row: 0, column: 0 },
      { row: 0, column: 4 },
      { row: 2, column: 1 },
      { row: 2, column: 5 },
    ]
    const from = (row: number, column: number, key: string) => nextPlace(places, { row, column }, key)
    expect(from(0, 0, 'ArrowRight')).to.deep.equal({ row: 0, column: 4 })
    expect(from(0, 4, 'ArrowDown')).to.deep.equal({ row: 2, column: 5 })
    expect(from(2, 1, 'ArrowUp')).to.deep.equal({ row: 0, column: 0 })
    expect(from(2, 5, 'Home')).to.deep.equal({ row: 2, column: 1 })
    expect(from(2, 1, 'End')).to.deep.equal({ row: 2, column: 5 })
    expect(from(0, 0, 'ArrowLeft')).to.equal(undefined)
    expect(from(0, 0, 'x')).to.equal(undefined)
  })
})
