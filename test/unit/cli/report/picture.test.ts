/** The picture of tenants and the flows between them. */

import { expect } from 'chai'
import { placed } from '../../../../src/cli/report/picture/layout.ts'
import { sceneOf } from '../../../../src/cli/report/picture/scene.ts'
import { pictureFile, pictureInPage, pictureOf } from '../../../../src/cli/report/picture/svg.ts'
import { fitted, widthOf } from '../../../../src/cli/report/picture/text.ts'
import { flow, group, hostileReport, outsideGroup, reportWith, smallReport } from '../../../support/report.ts'

const many = (count: number) => Array.from({ length: count }, (_, index) => group(`tenant-${String(index).padStart(4, '0')}`))

describe('the picture of a report', () => {
  it('has a box for each tenant and an arrow for each flow that crosses its border; what is within it is written in it', () => {
    const { boxes, arrows } = sceneOf(smallReport())
    expect(boxes.map(({ lines }) => lines[0]?.text)).to.deep.equal(['acme', 'manning', 'payments', 'DNS', 'Internet'])
    expect(arrows.map(({ spoken }) => spoken)).to.deep.equal([
      'acme to DNS: TCP 53; UDP 53',
      'acme to Internet: TCP 443',
      'manning to acme: TCP 8080',
      'manning to payments: depending on the network plugin TCP 9090',
      'payments to manning: only because of policies of others all ports',
    ])
    expect(boxes[0]?.lines.map(({ text }) => text)).to.include('within: TCP 80')
  })

  it('tells what is uncertain and what others have opened by marks, and not by colour alone', () => {
    const { arrows } = sceneOf(smallReport({ flows: [flow(0, 1, { sure: 'TCP 80', depends: 'TCP 81', foreign: 'TCP 82' })] }))
    expect(arrows[0]?.labels.map(({ text }) => text)).to.deep.equal(['TCP 80', '? TCP 81', '! TCP 82'])
    expect(arrows[0]?.tone).to.equal('foreign')
  })

  it('leaves out what does not concern a tenant, and what depends on how nodes are seen, and says so', () => {
    const groups = [group('acme'), outsideGroup('Nodes', 'platform'), outsideGroup('Internet')]
    const { arrows, leftOut } = sceneOf(
      reportWith({ groups, flows: [flow(1, 2), flow(0, 1, { depends: 'all ports', aboutNodes: true }), flow(0, 2)] }),
    )
    expect(arrows.map(({ flow: index }) => index)).to.deep.equal([2])
    expect(leftOut.join()).to.include('how the network plugin sees nodes')
  })

  it('draws who is outside and connects both ways once on each side', () => {
    const { boxes } = sceneOf(reportWith({ groups: [group('acme'), outsideGroup('Internet')], flows: [flow(0, 1), flow(1, 0)] }))
    expect(boxes.map(({ id }) => id)).to.deep.equal(['g0', 'g1', 'g1-from'])
  })

  it('shows those of many tenants that have to do with others, what others have opened first, and says how many it leaves out', () => {
    const groups = [...many(500), outsideGroup('Internet')]
    const flows = groups.slice(0, -1).map((_, index) => flow(index, 500, { sure: 'TCP 443' }))
    const { boxes, arrows, leftOut } = sceneOf(reportWith({ groups, flows: [...flows, flow(498, 499, { foreign: 'TCP 22' })] }))
    const names = boxes.map(({ lines }) => lines[0]?.text)
    expect(names).to.deep.equal(['tenant-0498', 'tenant-0499'])
    expect(arrows).to.have.lengthOf(1)
    expect(leftOut[0]).to.equal('The picture shows 2 of 500 tenants: those that have most to do with others.')
    expect(boxes[0]?.lines.map(({ text }) => text)).to.include('to Internet: TCP 443')
  })

  it('draws what others have opened rather than what rules open, where not all arrows fit', () => {
    const groups = many(20)
    const flows = groups.flatMap((_, from) =>
      groups.flatMap((_other, to) => (from === to ? [] : [flow(from, to, from === 3 ? { foreign: 'TCP 22' } : {})])),
    )
    const { arrows, leftOut } = sceneOf(reportWith({ groups, flows }))
    expect(arrows).to.have.lengthOf(40)
    expect(arrows.filter(({ tone }) => tone === 'foreign').length).to.equal(15)
    expect(leftOut).to.include(`${16 * 15 - 40} arrows more would not fit.`)
  })

  it('lies the same way every time, without boxes on each other', () => {
    const scene = sceneOf(smallReport())
    const places = placed(scene)
    expect(placed(sceneOf(smallReport()))).to.deep.equal(places)
    for (const [index, box] of scene.boxes.entries()) {
      for (const [other, second] of scene.boxes.entries()) {
        const [a, b] = [places.boxes[index], places.boxes[other]]
        if (index >= other || !a || !b) continue
        const apart = a.x + box.width <= b.x || b.x + second.width <= a.x || a.y + box.height <= b.y || b.y + second.height <= a.y
        expect(apart, `${box.id} and ${second.id}`).to.equal(true)
      }
    }
  })

  it('stands tenants that have nothing to do with anybody in rows, and not on the way of the others', () => {
    const alone = placed(sceneOf(reportWith({ groups: many(12) })))
    expect(alone.width).to.be.greaterThan(alone.height)
    const some = sceneOf(reportWith({ groups: many(7), flows: [flow(0, 1)] }))
    const { boxes } = placed(some)
    const bottom = Math.max(...[0, 1].map((at) => (boxes[at]?.y ?? 0) + (some.boxes[at]?.height ?? 0)))
    for (const at of [2, 3, 4, 5, 6]) expect(boxes[at]?.y).to.be.greaterThan(bottom)
  })

  it('has arrows that begin and end at the sides of their boxes', () => {
    const scene = sceneOf(smallReport())
    const places = placed(scene)
    for (const [index, { from, to }] of scene.arrows.entries()) {
      const points = places.arrows[index]?.points ?? []
      for (const [id, point] of [
        [from, points[0]],
        [to, points.at(-1)],
      ] as const) {
        const at = scene.boxes.findIndex((box) => box.id === id)
        const [box, corner] = [scene.boxes[at], places.boxes[at]]
        if (!box || !corner || !point) throw new Error(`arrow ${index} has no end`)
        expect(
          [corner.x, corner.x + box.width].some((x) => Math.abs(x - point.x) < 0.2),
          `${id}: x`,
        ).to.equal(true)
        expect(point.y).to.be.within(corner.y, corner.y + box.height)
      }
    }
  })

  it('keeps its words within their boxes', () => {
    const long = 'a-tenant-with-a-name-that-goes-on-and-on-for-longer-than-anybody-reads'
    const { boxes } = sceneOf(reportWith({ groups: [group(long)] }))
    expect(boxes[0]?.width).to.be.lessThan(300)
    expect(boxes[0]?.lines[0]?.text).to.match(/^a-tenant-with-a-name.*…$/)
    expect(widthOf(fitted(long, 12, 100), 12)).to.be.at.most(100)
    expect(fitted('short', 12, 100)).to.equal('short')
  })
})

describe('the picture as a file', () => {
  it('needs nothing else, and says what it shows to those who do not see it', () => {
    const report = smallReport()
    const svg = pictureFile(report, pictureOf(report))
    expect(svg).to.match(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.to.match(/https?:|@import|url\((?!#)|<script|\bon\w+=/)
    expect(svg).to.include('<title id="title">Who reaches whom</title>').and.to.include('manning to acme: TCP 8080')
  })

  it('explains the marks that it has, and no others', () => {
    const draw = (report: ReturnType<typeof smallReport>) => pictureFile(report, pictureOf(report))
    expect(draw(smallReport())).to.include('depends on the network plugin').and.to.include('only because of policies')
    const calm = draw(smallReport({ flows: [flow(0, 1)] }))
    expect(calm).not.to.include('depends on the network plugin')
    expect(calm).not.to.include('only because of policies')
  })

  it('takes no text of a cluster for markup', () => {
    const report = hostileReport()
    const calm = smallReport()
    const tags = (svg: string) => new Set(svg.match(/<\/?[a-z]+/gi))
    for (const draw of [pictureFile, (_: unknown, picture: ReturnType<typeof pictureOf>) => pictureInPage(picture)]) {
      const svg = draw(report, pictureOf(report))
      expect([...tags(svg)].filter((tag) => !tags(draw(calm, pictureOf(calm))).has(tag))).to.deep.equal([])
      expect(svg).not.to.match(/(?!\n)\p{Cc}|\p{Bidi_Control}|\p{Cs}/u)
    }
  })
})
