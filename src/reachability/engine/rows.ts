/**
 * reachability/engine/rows.ts — for one class after the other, what it may open to all others.
 *
 * The ports that matter for a row are cut into pieces, and a set of pieces is a few bits. What a rule says of single classes is laid
 * over an array with a number for each of them; what holds for all that are not isolated, and for all that are reached by a rule for
 * everybody, is said once. So a row costs what is said in it, and not what there is in the cluster.
 */

import type { EndpointClass, Space } from '../classes.ts'
import type { Policy } from '../policy.ts'
import { ALL_PORTS, type PortSet, unionPorts } from '../ports.ts'
import { type Compiled, compile } from './compiled.ts'
import { type Pieces, type PortPool, type PortsId, portPool, WORD } from './pool.ts'
import { type SpecialPair, specialPairsOf } from './special.ts'

/** What one network says of a row, in one reading. Word w of class d stands at w * (number of classes) + d. */
export type Laid = {
  /** What the source may open to everybody, one number per word. */
  readonly toAll: readonly number[]
  /** What it may open to single classes besides. */
  readonly egress: Int32Array
  /** What single classes open to it, besides those that are not isolated and open everything. */
  readonly ingress: Int32Array
}

export type Row = {
  readonly source: EndpointClass
  readonly pieces: Pieces
  /** All pieces: one number per word. */
  readonly all: readonly number[]
  /** For each network: what passes however the text is read, and what passes in some reading; the same where nothing is uncertain. */
  readonly surely: readonly Laid[]
  readonly maybe: readonly Laid[]
  /** The classes of which any network says something in particular. */
  readonly touched: readonly number[]
  /** Pairs with what is not judged by its rules alone; the masks know nothing of them. */
  readonly special: readonly SpecialPair[]
}

export type Rows = {
  readonly space: Space
  readonly pool: PortPool
  readonly compiled: readonly Compiled[]
  /** A row for every class. Its arrays are used again for the next one. */
  readonly all: () => Generator<Row>
}

/** `apart`: policies whose openings are to be told from those of the others (compiled.ts). */
export function rowsOf(space: Space, apart: (policy: Policy) => boolean = () => false): Rows {
  const pool = portPool()
  const compiled = space.networks.map((network, index) => compile(network, index, space.classes, pool, apart))
  return { space, pool, compiled, all: () => generateRows(space, pool, compiled) }
}

/** What passes to a class: one side of it is what the source may open, the other what the class lets in. */
export function passesTo(laid: Laid, compiled: Compiled, all: readonly number[], word: number, id: number): number {
  return egressAt(laid, compiled.open.length, word, id) & ingressAt(laid, compiled, all, word, id)
}

/** What the source may open to a class; `size` is the number of classes. */
export function egressAt({ toAll, egress }: Laid, size: number, word: number, id: number): number {
  return (egress[word * size + id] ?? 0) | (toAll[word] ?? 0)
}

/** What a class lets in of what the source opens. */
export function ingressAt({ ingress }: Laid, { open }: Compiled, all: readonly number[], word: number, id: number): number {
  return (ingress[word * open.length + id] ?? 0) | (open[id] ? (all[word] ?? 0) : 0)
}

/** The same for a class of which nothing is said in particular, and which is open or not. */
export function passesBy({ toAll }: Laid, open: boolean, all: readonly number[], word: number): number {
  return open ? (toAll[word] ?? 0) & (all[word] ?? 0) : 0
}

function* generateRows(space: Space, pool: PortPool, compiled: readonly Compiled[]): Generator<Row> {
  const size = space.classes.length
  const everyPort = pool.idOf(ALL_PORTS)
  const specials = space.classes.filter(({ special }) => special)
  const pairsOf = specialPairsOf(space)
  const touch = toucher(size)
  let buffers = compiled.map(() => [newArrays(size), newArrays(size)] as const)
  for (const source of space.classes) {
    const pieces = pool.piecesOf(compiled.flatMap((network) => portsInRow(network, source.id, everyPort)))
    if (pieces.words * size > (buffers[0]?.[0].egress.length ?? 0)) {
      buffers = compiled.map(() => [newArrays(pieces.words * size), newArrays(pieces.words * size)] as const)
    }
    const all = pieces.masks.get(everyPort) ?? []
    touch.begin()
    const laid = compiled.map((network, index) => {
      const [first, second] = buffers[index] ?? [newArrays(0), newArrays(0)]
      const surely = lay(first, network, source.id, pieces, all, touch.add, false)
      return { surely, maybe: network.uncertain ? lay(second, network, source.id, pieces, all, touch.add, true) : surely }
    })
    const touched = touch.list()
    const special = pairsOf(source, source.special ? space.classes : specials)
    yield { source, pieces, all, surely: laid.map(({ surely }) => surely), maybe: laid.map(({ maybe }) => maybe), touched, special }
    for (const { egress, ingress } of buffers.flat()) {
      for (const id of touched) for (let at = id; at < pieces.words * size; at += size) egress[at] = ingress[at] = 0
    }
  }
}

type Arrays = Pick<Laid, 'egress' | 'ingress'>

function newArrays(length: number): Arrays {
  return { egress: new Int32Array(length), ingress: new Int32Array(length) }
}

/** A list of numbers in which each stands once. */
function toucher(size: number) {
  const lastRow = new Uint32Array(size)
  let row = 0
  let touched: number[] = []
  return {
    begin: () => {
      row++
      touched = []
    },
    add: (id: number) => {
      if (lastRow[id] === row) return
      lastRow[id] = row
      touched.push(id)
    },
    list: (): readonly number[] => touched,
  }
}

/** Every set of ports that a rule on the way from this class names. */
function portsInRow({ present, egress, surelyTo, maybeTo, toEverybody }: Compiled, source: number, everyPort: PortsId): readonly PortsId[] {
  if (!present[source]) return [everyPort]
  const openings = [...(egress[source] ?? []), ...(surelyTo[source] ?? []), ...(maybeTo[source] ?? []), ...toEverybody]
  return [everyPort, ...openings.map(({ ports }) => ports)]
}

function lay(
  { egress, ingress }: Arrays,
  { present, isolated, egress: openings, toEverybody, surelyTo, maybeTo }: Compiled,
  source: number,
  { masks, words }: Pieces,
  all: readonly number[],
  touch: (id: number) => void,
  withMaybe: boolean,
): Laid {
  const size = present.length
  const layOn = (array: Int32Array, ids: readonly number[], ports: PortsId) => {
    const mask = masks.get(ports) ?? []
    for (const id of ids) {
      touch(id)
      for (let word = 0; word < words; word++) array[word * size + id] = (array[word * size + id] ?? 0) | (mask[word] ?? 0)
    }
  }
  const toAll = all.map((bits) => (present[source] && !isolated.Egress[source] ? bits : 0))
  if (!present[source]) return { toAll, egress, ingress }
  for (const { to, ports } of openings[source] ?? []) {
    if (!to) for (const [word, bits] of (masks.get(ports) ?? []).entries()) toAll[word] = (toAll[word] ?? 0) | bits
    layOn(egress, to?.surely ?? [], ports)
    if (withMaybe) layOn(egress, to?.maybe ?? [], ports)
  }
  for (const { to, ports } of toEverybody) layOn(ingress, to, ports)
  for (const { to, ports } of surelyTo[source] ?? []) layOn(ingress, to, ports)
  if (withMaybe) for (const { to, ports } of maybeTo[source] ?? []) layOn(ingress, to, ports)
  return { toAll, egress, ingress }
}

/** The ports of a mask, one number per word. */
export function portsOfMask({ pieces }: Pieces, mask: readonly number[]): PortSet {
  return unionPorts(...pieces.filter((_, index) => ((mask[Math.floor(index / WORD)] ?? 0) >> (index % WORD)) & 1))
}
