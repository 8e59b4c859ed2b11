/** cli/report/picture/layout.ts — PURE: where the boxes and arrows of a picture lie. The graph layout library is used here and nowhere else. */

import { Graph, layout } from '@dagrejs/dagre'
import { type Box, LABEL_SIZE, type Scene } from './scene.ts'
import { widthOf } from './text.ts'

/** Pixels from the left and from the top. */
export type Point = { readonly x: number; readonly y: number }

export type Placed = {
  readonly width: number
  readonly height: number
  /** The upper left corner of each box of the scene. */
  readonly boxes: readonly Point[]
  /** For each arrow of the scene its way, and the middle and size of its label. */
  readonly arrows: readonly { readonly points: readonly Point[]; readonly label: Point; readonly width: number; readonly height: number }[]
}

export const LABEL_LINE = 16

/** Pixels between boxes without arrows, and how wide their rows are at least. */
const GAP = 26
const WIDTH = 900

/** The same scene, the same places. Boxes without arrows stand in rows below the others. */
export function placed({ boxes, arrows }: Scene): Placed {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: GAP, edgesep: 18, ranksep: 46, marginx: MARGIN, marginy: MARGIN })
  const linked = new Set(arrows.flatMap(({ from, to }) => [from, to]))
  for (const { id, width, height } of boxes) if (linked.has(id)) graph.setNode(id, { width, height })
  const labels = arrows.map(({ labels: lines }) => ({
    width: Math.max(...lines.map(({ text }) => widthOf(text, LABEL_SIZE))) + 14,
    height: lines.length * LABEL_LINE + 6,
  }))
  for (const [index, { from, to, flow }] of arrows.entries()) graph.setEdge(from, to, { ...labels[index], labelpos: 'c' }, `f${flow}`)
  if (linked.size > 0) layout(graph)
  const size = graph.graph() as Partial<Record<'width' | 'height', number>>
  const rows = inRows(
    boxes.filter(({ id }) => !linked.has(id)),
    { top: linked.size > 0 ? (size.height ?? 0) + GAP : MARGIN, width: Math.max(WIDTH, size.width ?? 0) },
  )
  const corners = boxes.map((box) => {
    const { x, y } = rows.corners.get(box.id) ?? centred(box, graph.node(box.id) as Point)
    return { ...box, x, y }
  })
  const edges = arrows.map(({ from, to, flow }) => graph.edge(from, to, `f${flow}`) as Point & { readonly points: readonly Point[] })
  const ways = docked(
    arrows,
    edges.map(({ points }) => points),
    new Map(corners.map((box) => [box.id, box])),
  )
  return {
    width: Math.ceil(Math.max(size.width ?? 0, rows.right)),
    height: Math.ceil(Math.max(size.height ?? 0, rows.bottom)),
    boxes: corners.map(roundedPoint),
    arrows: edges.map((edge, index) => ({
      points: (ways[index] ?? []).map(roundedPoint),
      label: roundedPoint(edge),
      width: Math.ceil(labels[index]?.width ?? 0),
      height: labels[index]?.height ?? 0,
    })),
  }
}

const MARGIN = 8

function centred({ width, height }: Box, { x, y }: Point): Point {
  return { x: x - width / 2, y: y - height / 2 }
}

function inRows(boxes: readonly Box[], { top, width }: { readonly top: number; readonly width: number }) {
  const corners = new Map<string, Point>()
  let [x, y, right, bottom] = [MARGIN, top, 0, 0]
  for (const box of boxes) {
    if (x > MARGIN && x + box.width > width) [x, y] = [MARGIN, bottom + GAP]
    corners.set(box.id, { x, y })
    x += box.width + GAP
    right = Math.max(right, x - GAP + MARGIN)
    bottom = Math.max(bottom, y + box.height)
  }
  return { corners, right, bottom: corners.size > 0 ? bottom + MARGIN : 0 }
}

type Rectangle = Point & { readonly width: number; readonly height: number }

/** Pixels between two arrows at one side of a box, and from its corners. */
const DOCK = 20
const CORNER = 16

/** The ways with their ends moved to the left and right sides of their boxes, in an order in which they do not cross there. */
function docked(
  arrows: Scene['arrows'],
  ways: readonly (readonly Point[])[],
  boxes: ReadonlyMap<string, Rectangle>,
): readonly (readonly Point[])[] {
  const ends = arrows.flatMap(({ from, to }, arrow) => {
    const way = ways[arrow] ?? []
    return (
      [
        [from, way[1], 'first'],
        [to, way.at(-2), 'last'],
      ] as const
    ).flatMap(([id, next, end]) => {
      const box = boxes.get(id)
      return box && next ? [{ arrow, end, box, next, side: next.x > box.x + box.width / 2 ? 'right' : 'left', id }] : []
    })
  })
  const moved = new Map<string, Point>()
  for (const side of Map.groupBy(ends, ({ id, side: where }) => `${where} ${id}`).values()) {
    const sorted = side.toSorted((a, b) => a.next.y - b.next.y || a.arrow - b.arrow)
    for (const [index, { arrow, end, box, side: where }] of sorted.entries()) {
      const step = Math.min(DOCK, (box.height - 2 * CORNER) / Math.max(1, sorted.length - 1))
      moved.set(`${end} ${arrow}`, {
        x: where === 'right' ? box.x + box.width : box.x,
        y: box.y + box.height / 2 + (index - (sorted.length - 1) / 2) * step,
      })
    }
  }
  return ways.map((way, arrow) => {
    const [first, last] = [moved.get(`first ${arrow}`), moved.get(`last ${arrow}`)]
    return first && last ? [first, ...way.slice(1, -1), last] : way
  })
}

function roundedPoint({ x, y }: Point): Point {
  return { x: rounded(x), y: rounded(y) }
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
