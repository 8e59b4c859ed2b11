/** cli/report/client/details.ts — the explanation of one cell or arrow, made when it is opened. */

import type { Example, Flow, NamespaceFlow, Open, Report } from '../model.ts'
import { byId, counted, element } from './dom.ts'

export type Details = { readonly open: (flow: number) => void }

export function createDetails(report: Report): Details {
  const dialog = byId('details', HTMLDialogElement)
  const title = byId('details-title', HTMLElement)
  const body = byId('details-body', HTMLElement)
  byId('details-close', HTMLButtonElement).addEventListener('click', () => dialog.close())
  // A click beside it.
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close()
  })
  return {
    open: (at) => {
      const flow = report.flows[at]
      if (!flow) return
      const [from, to] = [report.groups[flow.from], report.groups[flow.to]]
      title.textContent = flow.from === flow.to ? `Within ${from?.name}` : `${from?.name} → ${to?.name}`
      body.replaceChildren(...contentOf(flow))
      body.scrollTop = 0
      dialog.showModal()
    },
  }
}

function contentOf(flow: Flow): readonly Node[] {
  const { pairs, allPairs, between, moreBetween, examples, moreExamples } = flow
  return [
    openList(flow),
    ...(allPairs > 1
      ? [element('p', { class: 'soft' }, `Certainly open between ${pairs.toLocaleString('en')} of ${counted(allPairs, 'pair')} of pods.`)]
      : []),
    ...(between.length > 0
      ? [
          element('h3', {}, 'Namespace by namespace'),
          betweenTable(between),
          ...(moreBetween > 0
            ? [element('p', { class: 'soft' }, `${counted(moreBetween, 'pair')} of namespaces more; "matrix --by namespace" lists them.`)]
            : []),
        ]
      : []),
    element('h3', {}, 'The rules behind'),
    ...(examples.length > 0
      ? [element('ol', { class: 'examples' }, ...examples.map(exampleItem))]
      : [element('p', { class: 'soft' }, 'No example is kept here.')]),
    ...(moreExamples ? [element('p', { class: 'soft' }, 'These are examples; "explain FROM TO PORT" tells about any other flow.')] : []),
  ]
}

const TONES = [
  ['sure', '', 'open'],
  ['depends', '? ', 'depends on the network plugin'],
  ['foreign', '! ', 'only because of policies that the operator did not make'],
] as const

function openList(open: Open): HTMLElement {
  return element(
    'ul',
    { class: 'open-list' },
    ...TONES.filter(([tone]) => open[tone] !== '').map(([tone, mark, what]) =>
      element('li', { class: tone }, element('strong', {}, `${mark}${open[tone]}`), ` ${what}`),
    ),
  )
}

function betweenTable(between: readonly NamespaceFlow[]): HTMLElement {
  const row = (one: NamespaceFlow) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, one.from),
      element('td', {}, one.to),
      element(
        'td',
        {},
        ...TONES.filter(([tone]) => one[tone] !== '').map(([tone, mark]) => element('div', { class: tone }, `${mark}${one[tone]}`)),
      ),
    )
  const head = element('tr', {}, ...['From', 'To', 'Open'].map((text) => element('th', { scope: 'col' }, text)))
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Namespace by namespace' },
    element('table', {}, element('thead', {}, head), element('tbody', {}, ...between.map(row))),
  )
}

function exampleItem({ from, to, port, answer, because, notes }: Example): HTMLElement {
  const side = (which: 'egress' | 'ingress') => {
    const rules = because.filter(({ side: one }) => one === which)
    return rules.length === 0
      ? []
      : [
          element('dt', {}, which),
          ...rules.map(({ rule, policy, foreign }) =>
            element(
              'dd',
              { class: foreign ? 'foreign' : undefined },
              `${foreign ? '! ' : ''}${rule}`,
              ...(policy === '' ? [] : [element('code', {}, policy)]),
            ),
          ),
        ]
  }
  return element(
    'li',
    {},
    element(
      'p',
      { class: answer === 'depends' ? 'depends' : undefined },
      element('strong', {}, `${from} → ${to}`),
      ` ${port}${answer === 'depends' ? ' ? depends' : ''}`,
    ),
    element('dl', {}, ...side('egress'), ...side('ingress')),
    ...notes.map((text) => element('p', { class: 'soft' }, `${text}.`)),
  )
}
