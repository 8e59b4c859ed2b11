/** cli/report/client/lists.ts — the flows and the findings as lists, a part at a time. */

import type { Finding, Open, Report } from '../model.ts'
import { byId, element } from './dom.ts'

const AT_ONCE = 100

export type ListView<T> = { readonly show: (items: readonly T[]) => void }

export function createFlows({ groups, flows }: Report, open: (flow: number) => void): ListView<number> {
  const cell = (tone: keyof Open, text: string) => element('td', { class: tone }, text)
  return listIn('flows', (at: number) => {
    const flow = flows[at]
    if (!flow) return element('tr')
    const [from, to] = [groups[flow.from]?.name ?? '', groups[flow.to]?.name ?? '']
    const button = element(
      'button',
      { type: 'button', class: 'plain', 'aria-haspopup': 'dialog' },
      from === to ? `within ${from}` : `${from} → ${to}`,
    )
    button.addEventListener('click', () => open(at))
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, button),
      cell('sure', flow.sure),
      cell('depends', flow.depends),
      cell('foreign', flow.foreign),
    )
  })
}

export function createFindings(): ListView<Finding> {
  return listIn('findings', ({ code, severity, message, object, field, doc }) =>
    element(
      'tr',
      {},
      element('td', {}, element('span', { class: `severity ${severity}` }, severity)),
      element(
        'th',
        { scope: 'row' },
        isLink(doc) ? element('a', { href: doc, rel: 'noreferrer' }, code) : code,
        element('code', {}, isLink(doc) ? '' : doc),
      ),
      element('td', {}, message),
      element('td', {}, object, ...(field === '' ? [] : [element('code', {}, field)])),
    ),
  )
}

/** Only the schemes that lead to a page: a finding is text from elsewhere. */
function isLink(doc: string): boolean {
  return /^https?:\/\//.test(doc)
}

/** The rows of the table body `id`, and behind them a button for more. Nothing when the page has no such table. */
function listIn<T>(id: string, rowOf: (item: T) => HTMLElement): ListView<T> {
  const body = document.getElementById(id)
  if (!body) return { show: () => {} }
  const more = byId(`${id}-more`, HTMLButtonElement)
  const none = byId(`${id}-none`, HTMLElement)
  let rest: readonly T[] = []
  const add = () => {
    body.append(...rest.slice(0, AT_ONCE).map(rowOf))
    rest = rest.slice(AT_ONCE)
    more.hidden = rest.length === 0
    more.textContent = `Show more (${rest.length.toLocaleString('en')} left)`
  }
  more.addEventListener('click', add)
  return {
    show: (items) => {
      body.replaceChildren()
      none.hidden = items.length > 0
      rest = items
      add()
    },
  }
}
