/** The page of a report, and its picture, in a real browser. Screenshots are kept in .artifacts/report. */

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { Report } from '../../src/cli/report/model.ts'
import { pageOf } from '../../src/cli/report/page/page.ts'
import { pictureFile, pictureOf } from '../../src/cli/report/picture/svg.ts'
import { type Browser, type Page, startChromium } from '../support/chromium.ts'
import { type Folder, run, start, temporaryFolder } from '../support/cli.ts'
import { largeCluster } from '../support/large-cluster.ts'
import { hostileReport, smallReport } from '../support/report.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const ARTIFACTS = join(ROOT, '.artifacts/report')

describe('the page of a report in a browser', function () {
  this.timeout(400_000)

  let browser: Browser
  let folder: Folder
  let real: string
  before(async () => {
    mkdirSync(ARTIFACTS, { recursive: true })
    folder = temporaryFolder()
    browser = await startChromium()
    real = join(folder.path, 'real.html')
    const files = ['config/samples', 'docs/examples/cluster.yaml', 'docs/examples/opened.yaml'].flatMap((name) => ['-f', join(ROOT, name)])
    const { code, stderr } = await run('report', ...files, '--output-file', real)
    expect(code, stderr).to.equal(0)
  })
  after(async () => {
    await browser?.close()
    folder?.remove()
  })

  const fileOf = (name: string, text: string) => folder.file(name, text)
  const pageFile = (name: string, report: Report) => fileOf(name, pageOf(report, pictureOf(report)))
  async function visited(file: string, scheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const page = await browser.open()
    await page.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
    await page.visit(pathToFileURL(file).href)
    return page
  }
  const keep = async (name: string, page: Page) => writeFileSync(join(ARTIFACTS, name), await page.screenshot())
  const requests = ({ events }: Page) =>
    events
      .filter(({ method }) => method === 'Network.requestWillBeSent')
      .map(({ params }) => (params as { request: { url: string } }).request.url)
  /** Whatever a person would see in red: exceptions, errors and warnings of the console, violations of the policy. */
  const complaints = ({ events }: Page) =>
    events
      .filter(({ method }) => ['Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Log.entryAdded'].includes(method))
      .map((event) => JSON.stringify(event.params))
  const cells = (page: Page) =>
    page.value<readonly string[]>(`[...document.querySelectorAll('#matrix button')].map((one) => one.ariaLabel)`)
  const focused = (page: Page) => page.value<string>('document.activeElement.ariaLabel ?? document.activeElement.id')
  /** Presses a key until an expression holds; fails when it does not. */
  async function pressUntil(page: Page, key: string, expression: string, most = 40): Promise<void> {
    for (let times = 0; times < most; times++) {
      if (await page.value<boolean>(expression)) return
      await page.press(key)
    }
    throw new Error(`${key} does not lead to ${expression}; it led to ${await focused(page)}`)
  }

  it('asks nobody for anything, and complains about nothing', async () => {
    const page = await visited(real)
    await page.value(`document.querySelector('#matrix button').click()`)
    expect(requests(page)).to.deep.equal([pathToFileURL(real).href])
    expect(complaints(page)).to.deep.equal([])
  })

  it('could not ask anybody if it tried', async () => {
    const page = await visited(real)
    const refused = await page.value<readonly string[]>(`new Promise((done) => {
      const refused = []
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        refused.push(effectiveDirective)
        if (refused.length === 3) done(refused.sort())
      })
      fetch('https://example.com/').catch(() => {})
      new Image().src = 'https://example.com/x.png'
      document.body.append(Object.assign(document.createElement('style'), { textContent: 'body { display: none }' }))
    })`)
    expect(refused).to.deep.equal(['connect-src', 'img-src', 'style-src-elem'])
    expect(await page.value(`getComputedStyle(document.body).display`)).to.equal('block')
  })

  it('shows the tenants of the samples, and what somebody else has opened', async () => {
    const page = await visited(real)
    const boxes = await page.value<readonly string[]>(
      `[...document.querySelectorAll('.picture .tenant .name')].map((one) => one.textContent)`,
    )
    expect(boxes).to.deep.equal(['acme', 'manning'])
    expect(await cells(page)).to.include('manning to manning; open: TCP 5432')
    expect((await cells(page)).filter((text) => text.includes('only because of policies of others'))).not.to.deep.equal([])
    await keep('light.png', page)
  })

  it('narrows to what is searched for', async () => {
    const page = await visited(real)
    const all = (await cells(page)).length
    await page.press('/')
    expect(await focused(page)).to.equal('Search tenants, namespaces, pods and ports')
    await page.type('5432')
    const some = await cells(page)
    expect(some).to.deep.equal(['manning to manning; open: TCP 5432'])
    expect(all).to.be.greaterThan(some.length)
    expect(await page.value(`document.querySelector('#count').textContent`)).to.match(/^1 of \d+ flows/)
    expect(await page.value(`document.querySelectorAll('#flows tr').length`)).to.equal(1)
    await page.type(' nothing like it')
    expect(await cells(page)).to.deep.equal([])
    expect(await page.value(`document.querySelector('#matrix').textContent`)).to.equal('Nothing is open that fits.')
  })

  it('can be used by keyboard: to a cell, from cell to cell, into its explanation and back', async () => {
    const page = await visited(real)
    await pressUntil(page, 'Tab', `document.activeElement.closest('#matrix') !== null`)
    const first = await focused(page)
    await page.press('ArrowDown')
    expect(await focused(page)).not.to.equal(first)
    await pressUntil(page, 'ArrowLeft', `document.activeElement.ariaLabel.startsWith('manning to manning;')`)
    await page.press('Enter')
    const shown = await page.value<string>(`document.querySelector('dialog[open]').innerText`)
    expect(shown).to.match(/Within manning[\s\S]*TCP 5432[\s\S]*Namespace by namespace[\s\S]*shop[\s\S]*The rules behind/)
    expect(shown)
      .to.include('egress/web-to-database of TenantIsolation manning')
      .and.to.include('ingress/web-to-database of TenantIsolation manning')
    await keep('explanation.png', page)
    await page.press('Escape')
    expect(await page.value(`document.querySelector('dialog').open`)).to.equal(false)
    expect(await focused(page), 'back where it was opened').to.match(/^manning to manning;/)
  })

  it('can be used by keyboard in the picture, too', async () => {
    const page = await visited(real)
    await pressUntil(page, 'Tab', `document.activeElement.closest('.picture') !== null`)
    await pressUntil(page, 'ArrowRight', `document.activeElement.hasAttribute('data-flow')`)
    const arrow = await focused(page)
    await page.press('Enter')
    const [from = ''] = arrow.split(' to ')
    expect(await page.value(`document.querySelector('#details-title').textContent`)).to.include(from)
  })

  it('is light or dark, as the reader has it', async () => {
    const ground = (page: Page) => page.value(`getComputedStyle(document.body).backgroundColor`)
    const [light, dark] = [await visited(real), await visited(real, 'dark')]
    expect(await ground(light)).to.equal('rgb(246, 247, 249)')
    expect(await ground(dark)).to.equal('rgb(18, 22, 29)')
    await keep('dark.png', dark)
  })

  it('can be printed, light and without what is only for a screen', async () => {
    const page = await visited(real, 'dark')
    const { data } = await page.send<{ data: string }>('Page.printToPDF', { printBackground: true, landscape: true })
    writeFileSync(join(ARTIFACTS, 'print.pdf'), Buffer.from(data, 'base64'))
    await page.send('Emulation.setEmulatedMedia', { media: 'print', features: [{ name: 'prefers-color-scheme', value: 'dark' }] })
    expect(await page.value(`getComputedStyle(document.documentElement).getPropertyValue('--card').trim()`)).to.equal('#ffffff')
    expect(await page.value(`getComputedStyle(document.querySelector('.bar')).display`)).to.equal('none')
  })

  it('names everything that can be used, for those who do not see it', async () => {
    const page = await visited(pageFile('findings.html', smallReport({ findings: [] })))
    await page.value(`document.querySelector('#matrix button').click()`)
    const { nodes } = await page.send<{ nodes: readonly AccessibleNode[] }>('Accessibility.getFullAXTree')
    const used = nodes.filter(
      ({ ignored, role }) =>
        !ignored && ['button', 'link', 'searchbox', 'combobox', 'dialog', 'region', 'table', 'heading'].includes(role?.value ?? ''),
    )
    expect(used.map(({ role }) => role?.value)).to.include.members(['button', 'dialog', 'heading'])
    expect(used.filter(({ role, name }) => role?.value !== 'table' && !name?.value).map(({ role }) => role?.value)).to.deep.equal([])
  })

  it('takes no text of a cluster for markup: nothing of it runs, and all of it can be read', async () => {
    const page = await visited(pageFile('hostile.html', hostileReport()))
    for (let index = 0; index < 4; index++) {
      await page.value(`document.querySelectorAll('#matrix button')[${index}]?.click()`)
      await page.value(`document.querySelector('dialog').close()`)
    }
    await page.value(`document.querySelector('.picture [data-flow]').dispatchEvent(new MouseEvent('click'))`)
    expect(await page.value('window.hacked')).to.equal(undefined)
    expect(await page.value(`document.querySelectorAll('img, svg svg, iframe, a[href^="javascript"]').length`)).to.equal(0)
    expect(await page.value(`document.querySelector('#findings').textContent`)).to.include('</script><script>window.hacked = 1</script>')
    expect(await page.value(`getComputedStyle(document.querySelector('h1')).display`)).to.equal('block')
    expect(requests(page)).to.have.lengthOf(1)
    expect(complaints(page)).to.deep.equal([])
  })

  it('opens with a thousand namespaces, shows a part of the matrix, and finds the rest by search', async () => {
    const [input, output] = [folder.file('large.json', largeCluster(1000)), join(folder.path, 'large.html')]
    const { code, stderr } = await start(['report', '-f', input, '--output-file', output], { input: '', timeout: 300_000 }).ended
    expect(code, stderr).to.equal(0)
    expect(statSync(output).size, 'bytes').to.be.lessThan(6_000_000)
    const page = await visited(output)
    expect(await page.value(`document.querySelector('.figures').innerText`)).to.match(/Namespaces of tenants\s+1,000/)
    expect(await page.value(`document.querySelectorAll('.matrix tbody tr').length`)).to.equal(40)
    expect(await page.value(`document.querySelector('#matrix-note').innerText`)).to.include('Rows 1 to 40 of 10')
    expect(await page.value(`document.querySelectorAll('*').length`), 'elements').to.be.lessThan(8000)
    expect(await page.value(`document.documentElement.scrollWidth <= innerWidth`), 'only the matrix itself is moved sideways').to.equal(
      true,
    )
    await keep('large.png', page)
    const took = await page.value<number>(`(() => {
      const began = performance.now()
      const search = document.querySelector('#search')
      search.value = 'ns-0777'
      search.dispatchEvent(new Event('input'))
      return performance.now() - began
    })()`)
    expect(took, 'milliseconds').to.be.lessThan(2000)
    expect((await cells(page)).every((text) => text.includes('tenant-0077'))).to.equal(true)
    expect(await cells(page)).to.have.lengthOf(5)
  })

  it('draws a picture for a pull request that runs nothing and loads nothing', async () => {
    const hostile = hostileReport()
    const page = await visited(fileOf('hostile.svg', pictureFile(hostile, pictureOf(hostile))))
    expect(await page.value('document.documentElement.tagName'), 'XML that a browser can read').to.equal('svg')
    expect(await page.value('window.hacked')).to.equal(undefined)
    expect(requests(page)).to.have.lengthOf(1)
    const small = smallReport()
    const calm = fileOf('picture.svg', pictureFile(small, pictureOf(small)))
    for (const scheme of ['light', 'dark'] as const) await keep(`picture-${scheme}.png`, await visited(calm, scheme))
    writeFileSync(join(ARTIFACTS, 'picture.svg'), readFileSync(calm))
  })
})

type AccessibleNode = { readonly ignored: boolean; readonly role?: { readonly value: string }; readonly name?: { readonly value: string } }
