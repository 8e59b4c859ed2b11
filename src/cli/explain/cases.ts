/** cli/explain/cases.ts — PURE: every flow between two ends, judged, and those that come out alike under one head. */

import {
  type Endpoint,
  type Explanation,
  endpointName,
  explain,
  type Flow,
  type Network,
  type Protocol,
  type Side,
  serviceVerdict,
  type Verdict,
} from '../../reachability/reachability.ts'
import { type End, type Numbered, type PortText, portsAt, servicePortsAt } from '../network/ends.ts'
import type { ServicePort } from '../network/services.ts'
import { UsageError } from '../usage-error.ts'

/** One connection; through a Service to one of several pods. */
export type Question = Numbered & { readonly from: Endpoint; readonly to: Endpoint | undefined; readonly service: ServicePort | undefined }

/** Where a connection ends, and why it gets there or not. */
export type Leg = { readonly flow: Flow & { readonly protocol: Protocol }; readonly explanation: Explanation }

export type Judged = { readonly verdict: Verdict; readonly legs: readonly Leg[] }

/** Flows that come out alike, for the same reasons. */
export type Case = {
  /** The first of them, by which the others are told. */
  readonly question: Question
  readonly from: readonly string[]
  readonly to: readonly string[]
  /** Undefined where only one network was asked. */
  readonly before: Judged | undefined
  readonly after: Judged
}

/** Throws a UsageError for a port that no pod or Service at this end has. */
export function questionsOf(from: End, to: End, port: PortText): readonly Question[] {
  if (from.form === 'Service') throw new UsageError(`${from.text} is a Service, and Services open no connections; name the pods that do`)
  const questions = from.endpoints.flatMap((source) => targetsOf(to, port).map((target) => ({ from: source, ...target })))
  const distinct = questions.filter(
    (one) => one.from !== one.to || (from.endpoints.length === 1 && to.form === 'Endpoints' && to.endpoints.length === 1),
  )
  if (distinct.length > 0) return distinct
  const what = typeof port.port === 'number' ? `port ${port.port}${port.protocol ? `/${port.protocol}` : ''}` : `port ${port.port}`
  throw new UsageError(
    to.form === 'Service'
      ? `${to.text} has no ${what}; its ports are ${to.ports.map(portNames).join(', ')}`
      : `no container of ${to.text} gives a port the name ${port.port}; write its number`,
  )
}

function portNames({ port, protocol, name }: ServicePort): string {
  return `${port}${protocol === 'TCP' ? '' : `/${protocol}`}${name === undefined ? '' : ` (${name})`}`
}

function targetsOf(to: End, port: PortText): readonly Omit<Question, 'from'>[] {
  if (to.form === 'Service') {
    return servicePortsAt(port, to.ports).map((service) => ({ to: undefined, service, protocol: service.protocol, port: service.port }))
  }
  return to.endpoints.flatMap((endpoint) => portsAt(port, endpoint).map((numbered) => ({ to: endpoint, service: undefined, ...numbered })))
}

export function judge(network: Network, { from, to, service, protocol, port }: Question): Judged {
  const leg = (end: Endpoint, number: number): Leg => {
    const flow = { from, to: end, protocol, port: number }
    return { flow, explanation: explain(network, flow) }
  }
  if (!service) {
    const legs = to ? [leg(to, port)] : []
    return { verdict: legs[0]?.explanation.verdict ?? { verdict: 'deny' }, legs }
  }
  const { addresses, backends, namespace } = service
  const name = `${namespace}/${service.service}`
  const { verdict } = serviceVerdict(network, { from, protocol, port, service: { name, addresses, backends } })
  return { verdict, legs: distinctLegs(backends.map((backend) => leg(backend.to, backend.port))) }
}

/** Pods behind a Service that are treated alike need no explanation each. */
function distinctLegs(legs: readonly Leg[]): readonly Leg[] {
  return [...new Map(legs.map((leg) => [legKey(leg), leg]).reverse() as [string, Leg][]).values()].reverse()
}

export type Answered = { readonly question: Question; readonly before: Judged | undefined; readonly after: Judged }

/** Those that are denied first, then those that depend; within that, the order in which they came. */
export function casesOf(all: readonly Answered[]): readonly Case[] {
  const alike = Map.groupBy(all, ({ question: { protocol, port, service }, before, after }) =>
    JSON.stringify([protocol, port, service?.service, before && judgedKey(before), judgedKey(after)]),
  )
  const order = ['deny', 'depends', 'allow']
  return [...alike.values()]
    .map((some): Case => {
      const [{ question, before, after }] = some as [Answered]
      const names = (nameOf: (question: Question) => string) => [...new Set(some.map((one) => nameOf(one.question)))]
      return { question, before, after, from: names(({ from }) => endpointName(from)), to: names(targetName) }
    })
    .sort((a, b) => order.indexOf(a.after.verdict.verdict) - order.indexOf(b.after.verdict.verdict))
}

export function targetName({ to, service }: Question): string {
  return service ? `Service ${service.namespace}/${service.service}` : to ? endpointName(to) : ''
}

/** What is said about it, but for the names of the two ends. */
function judgedKey({ verdict, legs }: Judged): string {
  const why = verdict.verdict === 'depends' ? [verdict.strictly, verdict.reasons.map(({ code }) => code)] : []
  return JSON.stringify([verdict.verdict, why, legs.map(legKey)])
}

function legKey({ flow: { port }, explanation: { verdict, egress, ingress, missing } }: Leg): string {
  return JSON.stringify([port, verdict.verdict, sideKey(egress), sideKey(ingress), missing.map(({ message: _, ...rest }) => rest)])
}

function sideKey({ state, answer, selectedBy, decidedBy }: Side): unknown {
  return [state, answer, selectedBy, decidedBy]
}
