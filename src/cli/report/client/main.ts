/** cli/report/client/main.ts — the script of the page: reads the data that is in it, and shows what is searched for. */

import type { Report } from '../model.ts'
import { createDetails } from './details.ts'
import { byId, counted } from './dom.ts'
import { createFindings, createFlows } from './lists.ts'
import { createMatrix } from './matrix.ts'
import { createPicture } from './picture.ts'
import { findingsFor, flowsFor, groupsFor, indexOf, KINDS, type Query } from './search.ts'

const report = JSON.parse(byId('data', HTMLScriptElement).text) as Report
const index = indexOf(report)
const text = byId('search', HTMLInputElement)
const kind = byId('kind', HTMLSelectElement)
const count = byId('count', HTMLElement)

const details = createDetails(report)
const matrix = createMatrix(report, details.open)
const flows = createFlows(report, details.open)
const findings = createFindings()
const picture = createPicture(report, {
  open: details.open,
  search: (name) => {
    text.value = text.value === name ? '' : name
    update()
  },
})

function update(): void {
  const query: Query = { text: text.value, kind: KINDS.find((one) => one === kind.value) ?? 'ofTenants' }
  const shown = flowsFor(report, index, query)
  const fitting = query.kind === 'ofTenants' || query.kind === 'all' ? groupsFor(index, query) : []
  const found = findingsFor(report.findings ?? [], query)
  matrix.show(shown, fitting)
  flows.show(shown)
  findings.show(found)
  picture.show(shown, fitting)
  count.textContent = `${shown.length.toLocaleString('en')} of ${counted(report.flows.length, 'flow')}${report.findings ? `, ${found.length.toLocaleString('en')} of ${counted(report.findings.length, 'finding')}` : ''}`
}

text.addEventListener('input', update)
kind.addEventListener('change', update)
document.addEventListener('keydown', (event) => {
  // As on many pages: a slash leads to the search.
  if (event.key !== '/' || event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return
  event.preventDefault()
  text.focus()
})
update()
