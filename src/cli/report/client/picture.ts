/** cli/report/client/picture.ts — the picture answers: boxes and arrows can be pointed at, walked through and opened. */

import type { Report } from '../model.ts'

export type PictureView = { readonly show: (flows: readonly number[], groups: readonly number[]) => void }

export type PictureActions = { readonly open: (flow: number) => void; readonly search: (text: string) => void }

export function createPicture({ groups, flows }: Report, { open, search }: PictureActions): PictureView {
  const parts = [...document.querySelectorAll<SVGGElement>('.picture [data-group], .picture [data-flow]')]
  const numberOf = (part: Element, name: 'group' | 'flow') => {
    const value = part.getAttribute(`data-${name}`)
    return value === null ? undefined : Number(value)
  }
  const act = (part: Element) => {
    const [flow, group] = [numberOf(part, 'flow'), numberOf(part, 'group')]
    if (flow !== undefined) open(flow)
    else if (group !== undefined) search(groups[group]?.name ?? '')
  }
  const walkTo = (part: SVGGElement | undefined) => {
    if (!part) return
    for (const one of parts) one.tabIndex = -1
    part.tabIndex = 0
    part.focus()
  }
  /** Of a box, its arrows and who is at their other ends; of an arrow, its boxes. */
  const isNear = (part: Element, to: Element) => {
    const [flow, group] = [numberOf(to, 'flow'), numberOf(to, 'group')]
    const ends = (at: number) => [flows[at]?.from, flows[at]?.to]
    const [ownFlow, ownGroup] = [numberOf(part, 'flow'), numberOf(part, 'group')]
    if (flow !== undefined) return ownFlow === flow || ends(flow).includes(ownGroup)
    if (ownFlow !== undefined) return ends(ownFlow).includes(group)
    return (
      ownGroup === group ||
      flows.some(({ from, to: other }) => [from, other].includes(group ?? -1) && [from, other].includes(ownGroup ?? -1))
    )
  }
  const light = (at: Element | undefined) => {
    for (const part of parts) part.classList.toggle('dim', at !== undefined && !isNear(part, at))
  }
  for (const [index, part] of parts.entries()) {
    if (index === 0) part.tabIndex = 0
    part.addEventListener('click', () => act(part))
    part.addEventListener('pointerenter', () => light(part))
    part.addEventListener('pointerleave', () => light(undefined))
    part.addEventListener('focus', () => light(part))
    part.addEventListener('blur', () => light(undefined))
    part.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
      if (step !== undefined) walkTo(parts[(index + step + parts.length) % parts.length])
      else if (event.key === 'Enter' || event.key === ' ') act(part)
      else return
      event.preventDefault()
    })
  }
  return {
    show: (shown, fitting) => {
      const [inFlows, inGroups] = [new Set(shown), new Set(fitting)]
      for (const at of shown) for (const end of [flows[at]?.from, flows[at]?.to]) if (end !== undefined) inGroups.add(end)
      for (const part of parts) {
        const [flow, group] = [numberOf(part, 'flow'), numberOf(part, 'group')]
        part.classList.toggle('aside', flow !== undefined ? !inFlows.has(flow) : !inGroups.has(group ?? -1))
      }
    },
  }
}
