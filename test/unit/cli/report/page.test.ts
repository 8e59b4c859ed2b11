/** The page of a report, as text. What a browser makes of it is in test/browser/report.test.ts. */

import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { escaped, scriptJson } from '../../../../src/cli/report/escape.ts'
import type { Report } from '../../../../src/cli/report/model.ts'
import { pageOf } from '../../../../src/cli/report/page/page.ts'
import { DARK, LIGHT } from '../../../../src/cli/report/picture/style.ts'
import { pictureOf } from '../../../../src/cli/report/picture/svg.ts'
import { HOSTILE, hostileReport, smallReport } from '../../../support/report.ts'

const pageFor = (report: Report) => pageOf(report, pictureOf(report))

describe('the page of a report', () => {
  it('is one file that names nothing to load', () => {
    const page = pageFor(smallReport())
    expect(page).not.to.match(/\b(src|href)="(?!#)|@import|url\((?!#)|https?:\/\/(?!www\.w3\.org)/)
  })

  it('forbids everything but its own script and its own style, by their hashes, and has no handlers or styles in attributes', () => {
    const page = pageFor(smallReport())
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? []
    const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    const [, style] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? []
    const [, script] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? []
    expect(policy.split('; ')).to.deep.equal([
      "default-src 'none'",
      `script-src ${hash(script)}`,
      `style-src ${hash(style)}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
    ])
    expect(page).not.to.include('unsafe-')
    expect(page.replaceAll(/<script>[\s\S]*?<\/script>/g, '')).not.to.match(/<[^>]*\s(on\w+|style)=/)
  })

  it('takes no text of a cluster for markup, wherever it stands', () => {
    const shape = (page: string) => page.replaceAll(/<script id="data"[\s\S]*?<\/script>/g, '').match(/<\/?[a-z]+/gi)
    const [calm, hostile] = [pageFor(smallReport()), pageFor(hostileReport())]
    expect(new Set(shape(hostile))).to.deep.equal(new Set([...(shape(calm) ?? []), '<ul', '</ul', '<li', '</li']))
    expect(hostile.match(/<script/g)).to.have.lengthOf(2)
    expect(hostile.match(/<\/script/g)).to.have.lengthOf(2)
    const [, data = ''] = /<script id="data" type="application\/json">([\s\S]*?)<\/script>/.exec(hostile) ?? []
    expect(JSON.parse(data)).to.deep.equal(hostileReport())
  })

  it('is the same for the same report', () => {
    expect(pageFor(smallReport())).to.equal(pageFor(smallReport()))
  })

  it('has a place for findings only when somebody has looked for them', () => {
    const finding = { code: 'TI001', severity: 'warning', message: 'too wide', object: 'TenantIsolation acme', field: '', doc: '' } as const
    expect(pageFor(smallReport())).not.to.include('id="findings"')
    expect(pageFor(smallReport({ findings: [] }))).to.include('There are none.')
    expect(pageFor(smallReport({ findings: [finding] })))
      .to.include('id="findings"')
      .and.to.include('<dd>1</dd>')
  })
})

describe('text on its way into markup', () => {
  it('stays text', () => {
    expect(escaped(`<a href="x">'&'`)).to.equal('&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;')
    for (const text of HOSTILE) expect(escaped(text)).not.to.match(/[<>"']|\p{Cc}|\p{Bidi_Control}/u)
  })

  it('shows what XML cannot hold, and what would turn the text around it, as a box, and leaves other scripts alone', () => {
    expect(escaped('a\u0000b\u202ec\ud800d\uffffe')).to.equal('a\ufffdb\ufffdc\ufffdd\ufffde')
    expect(escaped('née 日本 😀\tx\ny')).to.equal('née 日本 😀\tx\ny')
  })

  it('cannot leave the script element that holds it, and is the same when it is read', () => {
    for (const text of HOSTILE) {
      expect(scriptJson({ text })).not.to.match(/[<>&\u2028]/)
      expect(JSON.parse(scriptJson({ text }))).to.deep.equal({ text })
    }
  })
})

describe('the colours of the page and the picture', () => {
  /** Text on what it stands on, with the contrast that WCAG 2.2 asks for (1.4.3); lines that mean something (1.4.11). */
  const TEXTS = ['ink', 'soft', 'accent', 'depends', 'foreign', 'sure', 'good'].flatMap((text) => [
    [text, 'card', 4.5],
    [text, 'page', 4.5],
  ]) as readonly (readonly [string, string, number])[]
  const OTHERS = [
    ['ink', 'tint', 4.5],
    ['soft', 'tint', 4.5],
    ['accent', 'tint', 4.5],
    ['edge', 'card', 3],
  ] as const

  for (const [name, palette] of [
    ['light', LIGHT],
    ['dark', DARK],
  ] as const) {
    it(`can be read in ${name}`, () => {
      const colours = new Map(
        [...palette.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, key = '', value = '']) => [key, luminance(value)]),
      )
      for (const [text, ground, least] of [...TEXTS, ...OTHERS]) {
        const [a, b] = [colours.get(text), colours.get(ground)]
        if (a === undefined || b === undefined) throw new Error(`${text} or ${ground} is no colour`)
        expect((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), `${text} on ${ground}`).to.be.at.least(least)
      }
    })
  }

  function luminance(colour: string): number {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
})
