/** cli/report/page/style.ts — PURE: how the page looks: in light and dark, narrow and wide, and on paper. */

import { DARK, LIGHT, PICTURE_STYLE } from '../picture/style.ts'

/** All of it, as it stands in the page. Paper is always light. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
html { scroll-padding-top: 5rem; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; z-index: 9; background: var(--card); padding: .5rem 1rem; border-radius: 8px; }
header, main, footer { max-width: 1320px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 36px; }
h1 { font-size: 28px; line-height: 1.2; letter-spacing: -.01em; margin: 0 0 4px; font-weight: 680; }
h2 { font-size: 18px; margin: 0 0 4px; font-weight: 650; }
h3 { font-size: 14px; margin: 22px 0 6px; font-weight: 650; }
p { margin: 0 0 10px; }
.soft { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 22px 24px; margin: 0 0 20px; }
.lead { color: var(--soft); margin-bottom: 16px; max-width: 110ch; }
.figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 22px 0 20px; padding: 0; }
.figures div { flex: 1 1 130px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 12px 18px; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dd { margin: 0; font-size: 26px; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures .depends dd, .depends { color: var(--depends); }
.figures .foreign dd, .foreign { color: var(--foreign); }
.figures .good dd { color: var(--good); }
.bar { position: sticky; top: 0; z-index: 3; display: flex; flex-wrap: wrap; gap: 10px 14px; align-items: center; background: var(--page); padding: 12px 0; margin-bottom: 8px; }
.bar label { color: var(--soft); font-size: 13px; }
input, select, button { font: inherit; color: inherit; }
input, select { background: var(--card); border: 1px solid var(--edge); border-radius: 9px; padding: 7px 12px; }
input { width: min(420px, 60vw); }
::placeholder { color: var(--soft); opacity: 1; }
button { cursor: pointer; background: none; border: 0; padding: 0; text-align: inherit; }
button.plain, a { color: var(--accent); text-decoration: none; }
button.plain:hover, a:hover { text-decoration: underline; }
button.more { border: 1px solid var(--line); border-radius: 9px; padding: 6px 14px; margin-top: 12px; color: var(--accent); }
:focus-visible { outline: 2.5px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
#count { color: var(--soft); font-size: 13px; margin-left: auto; font-variant-numeric: tabular-nums; }
.scroll { overflow: auto; max-width: 100%; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
.canvas { max-height: 82vh; }
.left-out { color: var(--soft); font-size: 13px; margin: 4px 0 0; }
.key { display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 14px 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 13px; }
.key b { font-weight: 700; margin-right: 6px; }
${PICTURE_STYLE}
svg.picture { display: block; margin: 0 auto; }
svg.picture.fits { max-width: 100%; height: auto; }
.picture [data-group], .picture [data-flow] { cursor: pointer; transition: opacity .15s; }
.picture .dim { opacity: .16; }
.picture .aside { opacity: .1; }
.picture [data-group]:hover rect { stroke-width: 2; }
.picture [data-flow]:hover .way { stroke-width: 3; }
.picture g:focus-visible { outline-offset: 4px; }
table { border-collapse: separate; border-spacing: 0; font-size: 13.5px; }
th, td { text-align: left; vertical-align: top; padding: 7px 12px; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th, thead td { color: var(--soft); font-size: 12.5px; }
tbody tr:last-child > * { border-bottom: 0; }
table.list { width: 100%; }
.list th { font-weight: 550; }
.list td { overflow-wrap: anywhere; }
.matrix th[scope=row], .matrix .corner { position: sticky; left: 0; background: var(--card); z-index: 1; border-right: 1px solid var(--line); white-space: nowrap; }
.matrix th { font-weight: 550; }
.matrix td { position: relative; }
.matrix td { padding: 3px; min-width: 74px; }
.matrix td.corner { padding: 7px 12px; }
.matrix td.same { background: var(--page); }
.matrix td button { width: 100%; min-height: 30px; padding: 4px 8px; border-radius: 7px; font-size: 12.5px; font-variant-numeric: tabular-nums; }
.matrix td button span { display: block; max-width: 150px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.matrix td button:hover { background: var(--tint); }
.matrix td button .sure { color: var(--ink); }
.compact td { min-width: 30px; }
.compact td button { text-align: center; padding: 2px; }
.compact td button span { display: inline; font-weight: 700; }
.compact td button .sure { color: var(--accent); }
.compact thead th { vertical-align: bottom; padding: 8px 4px; }
.compact thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 150px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#matrix-note { color: var(--soft); font-size: 13px; margin: 10px 0 0; display: flex; gap: 12px; }
.findings td:first-child, .findings th { white-space: nowrap; }
.findings td:last-child { min-width: 250px; }
.severity { font-weight: 650; } .severity.error { color: var(--foreign); } .severity.warning { color: var(--depends); } .severity.info { color: var(--soft); }
code { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; color: var(--soft); display: block; overflow-wrap: anywhere; }
dialog { border: 1px solid var(--line); border-radius: 16px; background: var(--card); color: var(--ink); padding: 0; width: min(720px, calc(100vw - 32px)); max-height: min(86vh, 900px); overflow: hidden; box-shadow: 0 24px 80px rgb(0 0 0 / .35); }
dialog[open] { display: flex; flex-direction: column; }
dialog::backdrop { background: rgb(15 20 30 / .45); }
dialog .top { display: flex; gap: 16px; justify-content: space-between; align-items: baseline; padding: 20px 26px 12px; border-bottom: 1px solid var(--line); }
dialog .top h2 { overflow-wrap: anywhere; }
#details-body { overflow: auto; padding: 16px 26px 26px; }
#details-body .scroll { max-height: 300px; border: 1px solid var(--line); border-radius: 9px; }
#details-body table { width: 100%; }
.open-list { list-style: none; margin: 0 0 10px; padding: 0; }
.examples { padding-left: 1.3em; margin: 0; }
.examples li { margin-bottom: 14px; }
.examples p { margin-bottom: 2px; }
.examples dl { display: grid; grid-template-columns: 4.6em 1fr; gap: 0 10px; margin: 0 0 4px; font-size: 13.5px; }
.examples dt { grid-column: 1; color: var(--soft); } .examples dd { grid-column: 2; margin: 0 0 3px; }
footer { color: var(--soft); font-size: 13px; padding-bottom: 40px; }
footer ul { margin: 0; padding-left: 1.2em; }
@media (max-width: 640px) { header, main, footer { padding-left: 14px; padding-right: 14px; } section { padding: 16px 14px; } .bar { position: static; } }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media print {
  @page { margin: 14mm; }
  body { background: none; font-size: 11px; } header, main, footer { max-width: none; padding: 0; }
  .bar, .skip, .more, dialog, #matrix-note button { display: none !important; }
  section { border: 0; padding: 0; margin-bottom: 18px; break-inside: auto; } tr, .figures div { break-inside: avoid; } .scroll { overflow: visible; max-height: none; }
  svg.picture { max-width: 100%; height: auto; } .picture .dim, .picture .aside { opacity: 1; } .matrix td { min-width: 0; }
}`
