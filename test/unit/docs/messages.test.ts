/** docs/operations.md, "Troubleshooting by message": every text that the admission policies, status and the log can show, and no other. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { guardPolicies } from '../../../src/admission/guards/guards.ts'
import { validatingPolicies } from '../../../src/admission/policies.ts'
import { literalsIn } from '../../support/literals.ts'
import { page, rows, sections } from '../../support/markdown.ts'

const folder = (path: string) =>
  readdirSync(join(import.meta.dirname, '../../..', path))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${path}/${file}`)

/** Where status and the log are worded. */
const WORDED_IN = [
  'src/configuration-file.ts',
  'src/desired/network/peers.ts',
  'src/observability/events.ts',
  'src/observability/telemetry.ts',
  'src/operator.ts',
  ...['apply', 'standard', 'status', 'status-extras', 'verdicts'].map((file) => `src/reconcile/${file}.ts`),
  ...folder('src/reconcile/kept'),
]

/** At level info and debug, or in the middle of a sentence that is there. */
const NO_TROUBLE = [
  'caches are filled',
  'the configuration is in force',
  'this replica leads: it writes',
  'this replica does not lead any more',
  'the watch on',
  'the API server',
]

/** Kubernetes' own words, around which ours stand. */
const OF_KUBERNETES = ['no params found for policy binding with']

/** Sentences that are put together of several texts, at the seams. */
const SEAMS = [
  'the pod does not fit profile',
  'Nor does it fit profile',
  'which neither user',
  'may use a pod security profile of tenant',
  'is changed again and again by',
]

/** Code that CEL has between its sentences, once the quotes are off. */
const isCode = (text: string) => /^[^a-z]*\(|[(){}[\]]$|\.\.\. \(|&&|\|\||::|=>/.test(text.trim())
const isSentence = (text: string) => text.trim().split(/\s+/).length >= 3 && !isCode(text)

/** The texts in CEL, which is quoted as TypeScript is. */
const inPolicies = [...guardPolicies(), ...validatingPolicies()].flatMap(({ spec }) => [
  ...spec.validations.flatMap(({ message, messageExpression = '' }) => [message, ...literalsIn(messageExpression)]),
  ...(spec.variables ?? []).flatMap(({ expression }) => literalsIn(expression)),
])
const inSources = WORDED_IN.flatMap((file) => literalsIn(page(file)))

const SOURCES = [...new Set([...inPolicies, ...inSources])]
const SECTION = sections(page('docs/operations.md')).get('Troubleshooting by message') ?? ''
const spansOf = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\\|', '|'))

describe('docs/operations.md, by message', () => {
  it('has every message that the sources have', () => {
    const sentences = SOURCES.filter((text) => isSentence(text) && !NO_TROUBLE.includes(text.trim()))
    expect(sentences).to.have.length.greaterThan(100)
    const shown = spansOf(SECTION).join('\n')
    expect(sentences.filter((text) => !shown.includes(text.trim()))).to.deep.equal([])
  })

  it('has none that the sources do not have', () => {
    const all = [...SOURCES, ...OF_KUBERNETES, ...SEAMS].join('\n')
    const fragments = rows(SECTION)
      .flatMap(([cell = '']) => spansOf(cell))
      .flatMap((message) => message.split('…').map((part) => part.replaceAll(/^[\s.:;,"()]+|[\s.:;,"()]+$/g, '')))
      .filter((part) => part.split(/\s+/).length >= 2)
    expect(fragments).to.have.length.greaterThan(100)
    expect(fragments.filter((part) => !all.includes(part))).to.deep.equal([])
  })
})
