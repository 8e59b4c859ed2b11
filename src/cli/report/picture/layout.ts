/** cli/report/picture/layout.ts — PURE: where the boxes and arrows of a picture lie. The graph layout library is used here and nowhere else. */

import { Graph, layout } from '@dagrejs/dagre'
import { LABEL_SIZE, type Scene } from './scene.ts'
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

/** The same scene, the same places. */
export function placed({ boxes, arrows }: Scene): Placed {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 26, edgesep: 18, ranksep: 46, marginx: 8, marginy: 8 })
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height })
  const labels = arrows.map(({ labels: lines }) => ({
    width: Math.max(...lines.map(({ text }) => widthOf(text, LABEL_SIZE))) + 14,
    height: lines.length * LABEL_LINE + 6,
  }))
  for (const [index, { from, to, flow }] of arrows.entries()) graph.setEdge(from, to, { ...labels[index], labelpos: 'c' }, `f${flow}`)
  layout(graph)
  const { width = 0, height = 0 } = graph.graph() as Partial<Record<'width' | 'height', number>>
  const corners = boxes.map((box) => {
    const { x, y } = graph.node(box.id) as Point
    return { x: x - box.width / 2, y: y - box.height / 2 }
  })
  const edges = arrows.map(({ from, to, flow }) => graph.edge(from, to, `f${flow}`) as Point & { readonly points: readonly Point[] })
  const ways = docked(
    arrows,
    edges.map(({ points }) => points),
    new Map(
      boxes.map(({ id, width: wide, height: high }, index) => [id, { ...(corners[index] ?? { x: 0, y: 0 }), width: wide, height: high }]),
    ),
  )
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: corners.map(roundedPoint),
    arrows: edges.map((edge, index) => ({
      points: (ways[index] ?? []).map(roundedPoint),
      label: roundedPoint(edge),
      width: Math.ceil(labels[index]?.width ?? 0),
      height: labels[index]?.height ?? 0,
    })),
  }
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
