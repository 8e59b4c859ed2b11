/** cli/report/page/page.ts — PURE: the report as one HTML page that asks nobody for anything. */

import { createHash } from 'node:crypto'
import type { Kind } from '../client/search.ts'
import { escaped, scriptJson } from '../escape.ts'
import type { Report } from '../model.ts'
import { type Picture, pictureInPage } from '../picture/svg.ts'
import { PAGE_SCRIPT } from './script.generated.ts'
import { PAGE_STYLE } from './style.ts'

/** A picture no wider than this is scaled down to the page; others are moved through, so that they can be read. */
const WIDEST_SCALED = 1500

export function pageOf(report: Report, picture: Picture): string {
  const { title, subtitle, findings } = report
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<a class="skip" href="#search">To the search</a>
<header>
<h1>${escaped(title)}</h1>
<p class="soft">${escaped(subtitle)}</p>
<dl class="figures">${figuresOf(report).map(figure).join('')}</dl>
</header>
<main>
<div class="bar" role="search">
<input id="search" type="search" aria-label="Search tenants, namespaces, pods and ports" placeholder="Search tenants, namespaces, pods, ports" autocomplete="off" spellcheck="false">
<label for="kind">Show</label>
<select id="kind">${KIND_TEXTS.map(([value, text]) => `<option value="${value}">${text}</option>`).join('')}</select>
<span id="count" role="status"></span>
</div>
<section aria-labelledby="picture-title">
<h2 id="picture-title">The picture</h2>
<p class="lead">An arrow leads from those who connect to those who answer. Choose an arrow for the rules behind it, a box to search for it.</p>
<div class="scroll canvas">${withClass(pictureInPage(picture), picture)}</div>
<ul class="key">${KEY}</ul>
${picture.scene.leftOut.map((text) => `<p class="left-out">${escaped(text)}</p>`).join('\n')}
</section>
<section aria-labelledby="matrix-title">
<h2 id="matrix-title">The matrix</h2>
<p class="lead">Rows connect, columns answer. What is empty is closed. The arrow keys lead from cell to cell, Enter opens one.</p>
<div class="scroll" id="matrix"></div>
<p id="matrix-note"></p>
</section>
${findings ? findingsSection(findings.length) : ''}
<section aria-labelledby="flows-title">
<h2 id="flows-title">All flows</h2>
<p class="lead">The same as a list.</p>
<div class="scroll"><table class="list"><thead><tr><th scope="col">Flow</th><th scope="col">Open</th><th scope="col">? Depends on the network plugin</th><th scope="col">! Only because of others</th></tr></thead><tbody id="flows"></tbody></table></div>
${listEnd('flows', 'Nothing is open that fits.')}
</section>
</main>
<footer>
<p>What NetworkPolicies allow, worked out from their text for every pod. That the network of the cluster enforces them is up to its network plugin.</p>
${report.notes.length > 0 ? `<ul>${report.notes.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>` : ''}
</footer>
<dialog id="details" aria-labelledby="details-title"><div class="top"><h2 id="details-title"></h2><button id="details-close" class="plain" type="button">Close</button></div><div id="details-body"></div></dialog>
<noscript><p>The matrix and the lists of this page need a script, which is part of the page.</p></noscript>
<script id="data" type="application/json">${scriptJson(report)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

/** Nothing may be loaded, sent or framed; of scripts and styles only those that are in the page, by their hashes; no text becomes a script. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src '${hashed(PAGE_SCRIPT)}'`,
  `style-src '${hashed(PAGE_STYLE)}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

function hashed(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

type Figure = { readonly what: string; readonly count: number; readonly tone: string }

function figuresOf({ groups, flows, findings }: Report): readonly Figure[] {
  const tenants = groups.filter(({ kind }) => kind === 'tenant')
  const isTenant = (index: number) => groups[index]?.kind === 'tenant'
  const between = flows.filter(({ from, to }) => from !== to && isTenant(from) && isTenant(to))
  const foreign = flows.filter((flow) => flow.foreign !== '').length
  return [
    { what: 'Tenants', count: tenants.length, tone: '' },
    { what: 'Namespaces of tenants', count: tenants.reduce((sum, { namespaces }) => sum + namespaces.length, 0), tone: '' },
    { what: 'Pods of tenants', count: tenants.reduce((sum, { pods }) => sum + pods, 0), tone: '' },
    { what: 'Flows between tenants', count: between.length, tone: '' },
    { what: 'Flows opened by others', count: foreign, tone: foreign > 0 ? 'foreign' : 'good' },
    ...(findings ? [{ what: 'Findings', count: findings.length, tone: findings.length > 0 ? 'depends' : 'good' }] : []),
  ]
}

function figure({ what, count, tone }: Figure): string {
  return `<div${tone === '' ? '' : ` class="${tone}"`}><dt>${what}</dt><dd>${count.toLocaleString('en')}</dd></div>`
}

const KIND_TEXTS: readonly (readonly [Kind, string])[] = [
  ['ofTenants', 'all flows of tenants'],
  ['between', 'between tenants'],
  ['outside', 'of tenants with the outside'],
  ['within', 'within a tenant'],
  ['foreign', 'opened by policies of others'],
  ['depends', 'depending on the network plugin'],
  ['all', 'all flows, also those without a tenant'],
]

const KEY =
  '<li>Ports without a mark are open for certain</li><li class="depends"><b>?</b>depends on the network plugin</li><li class="foreign"><b>!</b>open only because of policies that the operator did not make</li>'

function withClass(svg: string, { places }: Picture): string {
  return places.width <= WIDEST_SCALED ? svg.replace('class="picture"', 'class="picture fits"') : svg
}

function findingsSection(count: number): string {
  return `<section aria-labelledby="findings-title">
<h2 id="findings-title">Findings</h2>
<p class="lead">${count === 0 ? 'There are none.' : 'What the checks have found, with what to do about it.'}</p>
<div class="scroll"><table class="list findings"${count === 0 ? ' hidden' : ''}><thead><tr><th scope="col">Severity</th><th scope="col">Code</th><th scope="col">What</th><th scope="col">Where</th></tr></thead><tbody id="findings"></tbody></table></div>
${listEnd('findings', count === 0 ? '' : 'None fits.')}
</section>`
}

function listEnd(id: string, none: string): string {
  return `<p id="${id}-none" class="soft" hidden>${none}</p><button id="${id}-more" type="button" class="more" hidden>Show more</button>`
}
