/** cli/report/picture/svg.ts — PURE: the picture as SVG: inside the page, where it can be walked through, or as a file of its own. */

import { escaped } from '../escape.ts'
import type { Report } from '../model.ts'
import { LABEL_LINE, type Placed, type Point, placed } from './layout.ts'
import { type Arrow, type Box, LINE_HEIGHTS, PADDING, type Scene, sceneOf } from './scene.ts'
import { DARK, LIGHT, PICTURE_STYLE } from './style.ts'
import { widthOf } from './text.ts'

export type Picture = { readonly scene: Scene; readonly places: Placed }

export function pictureOf(report: Report): Picture {
  const scene = sceneOf(report)
  return { scene, places: placed(scene) }
}

/** For the page, which has the style and the words around it. Boxes and arrows say which group and flow of the report they are. */
export function pictureInPage({ scene, places }: Picture): string {
  const { width, height } = places
  return `<svg class="picture" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="Tenants and the flows between them">${HEADS}${drawn({ scene, places }, true)}</svg>`
}

const MARGIN = 20
const TITLE = 34
const FOOT = 20

/** A file that needs nothing else. It brings its own background, so that it can be read on white and on dark pages. */
export function pictureFile(report: Report, { scene, places }: Picture): string {
  const key = keyOf(scene)
  const notes = [...(key.length > 0 ? ['key'] : []), ...scene.leftOut]
  const wide = Math.max(places.width, ...scene.leftOut.map((text) => widthOf(text, 11.5)), keyWidth(key), widthOf(report.title, 18))
  const width = Math.ceil(wide + 2 * MARGIN)
  const height = Math.ceil(places.height + TITLE + 2 * MARGIN + notes.length * FOOT)
  const foot = TITLE + MARGIN + places.height + 18
  const sentences = scene.leftOut.map(
    (text, index) => `<text x="${MARGIN}" y="${foot + (key.length > 0 ? FOOT : 0) + index * FOOT}">${escaped(text)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(report.title)}</title>
<desc id="desc">${escaped(scene.arrows.map(({ spoken }) => spoken).join('. '))}</desc>
<style>:root { ${LIGHT} } @media (prefers-color-scheme: dark) { :root { ${DARK} } }${PICTURE_STYLE}</style>
<rect class="backdrop" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="12"/>
<text class="title" x="${MARGIN}" y="${MARGIN + 14}">${escaped(report.title)}</text>
${HEADS}<g transform="translate(${Math.round((width - places.width) / 2)} ${TITLE + MARGIN / 2})">${drawn({ scene, places }, false)}</g>
<g class="key">${keyText(key, foot)}${sentences.join('')}</g>
</svg>
`
}

const HEADS = `<defs>${['sure', 'depends', 'foreign']
  .map(
    (tone) =>
      `<marker id="head-${tone}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path class="head ${tone}" d="M0 0.8 10 5 0 9.2z"/></marker>`,
  )
  .join('')}</defs>`

function drawn({ scene, places }: Picture, walkable: boolean): string {
  const ways = scene.arrows.map((arrow, index) => arrowText(arrow, places.arrows[index], walkable))
  const boxes = scene.boxes.map((box, index) => boxText(box, places.boxes[index], walkable))
  return `${boxes.join('\n')}\n${ways.join('\n')}`
}

function boxText(box: Box, at: Point = { x: 0, y: 0 }, walkable: boolean): string {
  let y = at.y + PADDING - 3
  const lines = box.lines.map(({ style, text }) => {
    y += LINE_HEIGHTS[style]
    return `<text class="${style}" x="${at.x + PADDING}" y="${Math.round((y - 5) * 10) / 10}">${escaped(text)}</text>`
  })
  const name = escaped(box.lines.map(({ text }) => text).join(', '))
  const walk = walkable ? ` tabindex="-1" role="button" aria-label="${name}" data-group="${box.group}"` : ''
  const round = box.kind === 'outside' || box.kind === 'platform' ? Math.min(18, box.height / 2) : 10
  return `<g class="box ${box.kind}"${walk}><rect x="${at.x}" y="${at.y}" width="${box.width}" height="${box.height}" rx="${round}"/>${lines.join('')}</g>`
}

function arrowText(arrow: Arrow, place: Placed['arrows'][number] | undefined, walkable: boolean): string {
  if (!place) return ''
  const { label, width, height } = place
  const top = label.y - height / 2
  const lines = arrow.labels.map(
    ({ tone, text }, index) =>
      `<text class="${tone}" x="${label.x}" y="${Math.round((top + 3 + (index + 0.75) * LABEL_LINE) * 10) / 10}" text-anchor="middle">${escaped(text)}</text>`,
  )
  const walk = walkable ? ` tabindex="-1" role="button" aria-label="${escaped(arrow.spoken)}" data-flow="${arrow.flow}"` : ''
  const plate = `<rect class="plate" x="${Math.round((label.x - width / 2) * 10) / 10}" y="${Math.round(top * 10) / 10}" width="${width}" height="${height}" rx="6"/>`
  return `<g class="arrow ${arrow.tone}"${walk}><path class="way" marker-end="url(#head-${arrow.tone})" d="${wayThrough(place.points)}"/>${plate}${lines.join('')}</g>`
}

/** A smooth line through all points, without detours between them (monotone cubic interpolation, Fritsch and Carlson 1980). */
function wayThrough(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (!first) return ''
  const text = (value: number) => `${Math.round(value * 10) / 10}`
  const slopes = points.map((point, index) => slopeAt(points[index - 1], point, points[index + 1]))
  const parts = rest.map((to, index) => {
    const from = points[index] ?? to
    const third = (to.x - from.x) / 3
    // Straight up or down, or backwards: no function of x.
    if (third <= 0) return `L${to.x} ${to.y}`
    const [before = 0, after = 0] = [slopes[index], slopes[index + 1]]
    return `C${text(from.x + third)} ${text(from.y + third * before)} ${text(to.x - third)} ${text(to.y - third * after)} ${to.x} ${to.y}`
  })
  return `M${first.x} ${first.y}${parts.join('')}`
}

/** How steep the line is at `point`, so that it neither overshoots its neighbours nor turns back. */
function slopeAt(before: Point | undefined, point: Point, after: Point | undefined): number {
  const steepness = (from: Point, to: Point) => (to.x > from.x ? (to.y - from.y) / (to.x - from.x) : 0)
  if (!before || !after) return 0
  const [left, right] = [steepness(before, point), steepness(point, after)]
  if (left * right <= 0) return 0
  return Math.sign(left) * Math.min(2 * Math.abs(left), 2 * Math.abs(right), Math.abs(left + right) / 2)
}

type Key = readonly { readonly tone: 'depends' | 'foreign'; readonly text: string }[]

const KEY: Key = [
  { tone: 'depends', text: '? depends on the network plugin' },
  { tone: 'foreign', text: '! only because of policies that the operator did not make' },
]

/** Only the marks that the picture has. */
function keyOf({ arrows, boxes }: Scene): Key {
  const texts = [
    ...arrows.flatMap(({ labels }) => labels.map(({ text }) => text)),
    ...boxes.flatMap(({ lines }) => lines.map(({ text }) => text)),
  ]
  return KEY.filter(({ text }) => texts.some((one) => one.includes(text.slice(0, 2))))
}

function keyWidth(key: Key): number {
  return key.reduce((sum, { text }) => sum + widthOf(text, 11.5) + 54, 0)
}

function keyText(key: Key, y: number): string {
  let x = MARGIN
  return key
    .map(({ tone, text }) => {
      const line = `<g class="${tone}"><path class="way" d="M${x} ${y - 4}h26"/></g><text x="${x + 34}" y="${y}">${escaped(text)}</text>`
      x += Math.round(widthOf(text, 11.5)) + 54
      return line
    })
    .join('')
}
