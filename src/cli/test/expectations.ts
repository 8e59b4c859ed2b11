/** cli/test/expectations.ts — PURE: what a ReachabilityTest expects of flows and of pods, from YAML, JSON, or JSON lines. */

import { z } from 'zod'
import { API_VERSION } from '../../api/labels.ts'
import type { PodManifest } from '../../judge/as-created.ts'
import { PROTOCOLS } from '../../reachability/reachability.ts'
import { type Located, objectsIn, UnreadableError } from '../input/documents.ts'
import type { TextFile } from '../input/files.ts'
import { metadata, reader } from '../input/kinds/metadata.ts'
import { mistakeAt, placeOf } from '../input/objects.ts'
import { type PortText, portOf } from '../network/ends.ts'
import { UsageError } from '../usage-error.ts'

export const TEST_KIND = 'ReachabilityTest'

export const EXPECTATIONS = ['allow', 'deny', 'depends'] as const
export type Expected = (typeof EXPECTATIONS)[number]

/** What should become of a flow, or of a pod. */
export type Expectation = FlowExpectation | PodExpectation

type Common = {
  /** What it is for; what it is about where nobody has said. */
  readonly name: string
  readonly expect: Expected
  readonly file: string
  /** From 1. */
  readonly line: () => number | undefined
}

export type FlowExpectation = Common & { readonly from: string; readonly to: string; readonly port: PortText }

export type PodExpectation = Common & {
  /** Who creates it; undefined stands for a controller. */
  readonly user: string | undefined
  readonly groups: readonly string[] | undefined
  readonly pod: PodManifest
}

const end = z.string().min(1, 'write the end of a flow, such as shop/app=webserver or 192.168.1.7')

const flow = z
  .strictObject({
    name: z.string().min(1, 'write a name, or leave it out').optional(),
    from: end,
    to: end,
    port: z.union([z.int(), z.string()], 'write a number from 1 to 65535 such as 80, or the name of a port'),
    protocol: z.enum(PROTOCOLS).optional(),
    expect: z.enum(EXPECTATIONS),
  })
  .transform(({ port, protocol, ...rest }, context) => {
    const text = { ...rest, port: portText(String(port)) }
    if ('refused' in text.port) {
      context.addIssue({ code: 'custom', path: ['port'], message: text.port.refused })
      return z.NEVER
    }
    if (protocol !== undefined && text.port.protocol !== undefined && text.port.protocol !== protocol) {
      context.addIssue({ code: 'custom', path: ['protocol'], message: `the port says ${text.port.protocol}; say it once` })
      return z.NEVER
    }
    return { ...rest, port: { ...text.port, protocol: text.port.protocol ?? protocol } }
  })

const container = z.looseObject({ name: z.string() })

/** Of a pod, what everything else hangs on; the rest is as its rules find it. */
const manifest = z.looseObject({
  apiVersion: z.literal('v1').optional(),
  kind: z.literal('Pod').optional(),
  metadata: z.looseObject({
    name: z.string().optional(),
    namespace: z.string('write the namespace: it decides which tenant the pod belongs to').min(1),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({ containers: z.array(container).min(1, 'name at least one container') }),
})

const pod = z
  .strictObject({
    name: z.string().min(1, 'write a name, or leave it out').optional(),
    user: z.string().min(1, 'write a user name; leave it out for the pods of a workload, which a controller creates').optional(),
    groups: z.array(z.string().min(1)).optional(),
    pod: manifest.transform((value) => value as PodManifest),
    expect: z.enum(['allow', 'deny']),
  })
  .refine(({ user, groups }) => user !== undefined || groups === undefined, {
    path: ['groups'],
    error: 'groups are those of a user; name the user, too',
  })

function portText(text: string): PortText | { readonly refused: string } {
  try {
    return portOf(text)
  } catch (error) {
    if (error instanceof UsageError) return { refused: error.message }
    throw error
  }
}

const readTest = reader(
  z
    .strictObject({
      apiVersion: z.literal(API_VERSION),
      kind: z.literal(TEST_KIND),
      metadata,
      flows: z.array(flow).min(1, 'name at least one flow').optional(),
      pods: z.array(pod).min(1, 'name at least one pod').optional(),
    })
    .refine(({ flows, pods }) => flows !== undefined || pods !== undefined, 'name at least one flow, or one pod'),
)

const readLine = reader(flow)

/** The expectations in the file, in their order, or sentences that say what is wrong with it, with file and line. */
export function expectationsIn({
  file,
  text,
}: TextFile): { readonly expectations: readonly Expectation[] } | { readonly mistakes: readonly string[] } {
  if (isLines(text)) return fromLines(file, text)
  try {
    return fromDocuments(file, objectsIn(file, text))
  } catch (error) {
    if (error instanceof UnreadableError) return { mistakes: [error.message] }
    throw error
  }
}

/** JSON lines: each an object of its own, without a kind. */
function isLines(text: string): boolean {
  const [first = ''] = /^.*\S.*$/m.exec(text) ?? []
  const value = parsed(first)
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('kind' in value)
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function fromLines(file: string, text: string): ReturnType<typeof expectationsIn> {
  const expectations: Expectation[] = []
  const mistakes: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const value = parsed(line)
    const at = `${file}:${index + 1}`
    if (value === undefined) {
      mistakes.push(
        `${at}: not JSON; every line has to be one object, such as {"from":"shop/app=web","to":"shop/app=db","port":5432,"expect":"allow"}`,
      )
      continue
    }
    const reading = readLine(value)
    if ('violations' in reading) mistakes.push(...reading.violations.map((violation) => `${at}: ${violation}`))
    else expectations.push(flowExpectation(reading.value, file, () => index + 1))
  }
  return mistakes.length > 0 ? { mistakes } : { expectations }
}

function fromDocuments(file: string, documents: readonly Located[]): ReturnType<typeof expectationsIn> {
  const readings = documents.map((located) => ({ located, reading: readTest(located.value) }))
  const mistakes = readings.flatMap(({ located, reading }) => {
    if (kindOf(located.value) !== TEST_KIND)
      return [`${placeOf(located, 'kind')}: this is no ${TEST_KIND}; policies, pods and tenants are given with -f`]
    return 'violations' in reading ? reading.violations.map((violation) => mistakeAt(located, violation)) : []
  })
  if (documents.length === 0) mistakes.push(`${file}: there is nothing in it; write a ${TEST_KIND}, or one flow a line as JSON`)
  if (mistakes.length > 0) return { mistakes }
  return {
    expectations: readings.flatMap(({ located, reading }): readonly Expectation[] => {
      if (!('value' in reading)) return []
      const { flows = [], pods = [] } = reading.value
      return [
        ...flows.map((one, index) => flowExpectation(one, file, () => located.lineOf(`flows[${index}]`))),
        ...pods.map((one, index) => podExpectation(one, file, () => located.lineOf(`pods[${index}]`))),
      ]
    }),
  }
}

function kindOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
}

function flowExpectation({ name, ...rest }: z.output<typeof flow>, file: string, line: Common['line']): FlowExpectation {
  return { ...rest, name: name ?? flowText(rest), file, line }
}

/** "shop/app=web -> shop/database, TCP 5432" */
function flowText({ from, to, port: { port, protocol } }: Pick<FlowExpectation, 'from' | 'to' | 'port'>): string {
  const kind = protocol ?? (typeof port === 'number' ? 'TCP' : undefined)
  return `${from} -> ${to}, ${kind === undefined ? port : `${kind} ${port}`}`
}

function podExpectation({ name, user, groups, ...rest }: z.output<typeof pod>, file: string, line: Common['line']): PodExpectation {
  return { ...rest, user, groups, name: name ?? `pod ${podName(rest.pod)}, created by ${user ?? 'a controller'}`, file, line }
}

/** "shop/toolbox" */
export function podName({ metadata: { namespace, name = 'pod' } }: PodManifest): string {
  return `${namespace}/${name}`
}
