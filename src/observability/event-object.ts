/** observability/event-object.ts — the events.k8s.io/v1 object that says what happened. Pure. */

import { microTime } from '../time/clock.ts'

/** What an event is about (core/v1 ObjectReference). Without a namespace: of the cluster. */
export type ObjectReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly fieldPath?: string
}

export type EventType = 'Normal' | 'Warning'

/** `count` is at least 2. */
export type EventSeriesField = { readonly count: number; readonly lastObservedTime: string }

export type KubeEvent = {
  readonly apiVersion: 'events.k8s.io/v1'
  readonly kind: 'Event'
  readonly metadata: { readonly namespace: string; readonly name: string }
  readonly eventTime: string
  readonly series?: EventSeriesField
  readonly reportingController: string
  readonly reportingInstance: string
  readonly type: EventType
  readonly reason: string
  readonly action: string
  readonly regarding: ObjectReference
  readonly related?: ObjectReference
  readonly note: string
}

/** The limits of the API server, in bytes (pkg/apis/core/validation/events.go): NoteLengthLimit, ReportingInstanceLengthLimit. */
export const MAX_NOTE_BYTES = 1024
export const MAX_INSTANCE_BYTES = 128

/** The API server wants events about objects of the cluster in this namespace, and kubectl looks for them there. */
export function namespaceOf(regarding: ObjectReference): string {
  return regarding.namespace || 'default'
}

/** A name that nobody else gives: that of the object where it may be part of one (`tenant-isolation:acme` may not), and 62 random bits. */
export function eventName(regarding: ObjectReference, uuid: string): string {
  const name = `${regarding.name}.${uuid.replaceAll('-', '').slice(-16)}`
  const isSubdomain = name.length <= 253 && /^[a-z\d]([-a-z\d]*[a-z\d])?(\.[a-z\d]([-a-z\d]*[a-z\d])?)*$/.test(name)
  return isSubdomain ? name : uuid
}

export function seriesField({ count, lastObservedMs }: { readonly count: number; readonly lastObservedMs: number }): EventSeriesField {
  return { count, lastObservedTime: microTime(lastObservedMs) }
}

/** `text` in at most `bytes` bytes of UTF-8: cut between two characters, at a space if there is one near, and with an ellipsis. */
export function cutText(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const ellipsis = '…'
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes - Buffer.byteLength(ellipsis)))
  const cut = text.slice(0, read)
  const space = cut.lastIndexOf(' ')
  return `${(space > Math.max(0, cut.length - 40) ? cut.slice(0, space) : cut).trimEnd()}${ellipsis}`
}
