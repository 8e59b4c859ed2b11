/** support/custom-rules/case.ts — what a case is made of: rules of a profile, and pods that fit them or are refused. */

import type { Rules } from '../../../src/api/pod-security/rules.ts'
import type { Answer, People, Person } from '../people.ts'
import { createPod, type PodManifest } from '../pod-security.ts'

/** A container that comes into a pod that is there already. */
export type Ephemeral = { readonly ephemeral: object }

/** A pod that somebody else will make: what the API server writes into pods is not in it yet. */
export type Template = { readonly template: PodManifest }

export type Asked = PodManifest | Ephemeral | Template

export type Case = {
  readonly rules: Rules
  /** What the pods do not say is filled in. */
  readonly defaulting?: true
  /** What ephemeral containers come into; it was there before the profile. */
  readonly old?: PodManifest
  readonly fits: readonly Asked[]
  readonly refused: readonly (readonly [asked: Asked, sentence: RegExp])[]
}

export type Cases = Readonly<Record<string, Case>>

/** Whether the pod could be created in the namespace, the container come into the pod `old` that is there, or who makes pods of it is warned. */
export function ask(people: People, who: Person, namespace: string, asked: Asked): Promise<Answer> {
  const base = `/api/v1/namespaces/${namespace}`
  if ('template' in asked) {
    const { template } = asked
    return people.as(who, {
      path: `${base}/podtemplates?dryRun=All`,
      body: { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'template', namespace }, template },
    })
  }
  if (!('ephemeral' in asked)) return createPod(people, who, namespace, asked)
  return people.as(who, {
    method: 'PATCH',
    path: `${base}/pods/old/ephemeralcontainers?dryRun=All`,
    body: { spec: { ephemeralContainers: [{ name: 'debugger', image: 'none', ...asked.ephemeral }] } },
    contentType: 'application/strategic-merge-patch+json',
  })
}

/** What is said against it; nothing when it fits. */
export function objection({ code, body, warnings }: Answer): string | undefined {
  if (code === 403) return body.message
  if (code >= 300) throw new Error(`${code}: ${body.message}`)
  // The API server has warnings of its own, as about annotations that have become fields.
  return warnings.find((warning) => warning.includes('ValidatingAdmissionPolicy'))
}

/** The pod `old`, before anybody judges it. */
export async function createOld(people: People, who: Person, namespace: string, pod: PodManifest): Promise<void> {
  const { code, body } = await createPod(people, who, namespace, { ...pod, metadata: { ...pod.metadata, name: 'old' } }, { dryRun: false })
  if (code !== 201) throw new Error(`${namespace}/old: ${body.message}`)
}

/** A container called `main`. */
export const main = (fields: object = {}) => ({ name: 'main', image: 'none', ...fields })

/** A pod of one container with these fields. */
export const container = (fields: object, spec: object = {}): PodManifest => ({ spec: { containers: [main(fields)], ...spec } })

/** A pod of a container with this security context. */
export const context = (securityContext: object, spec: object = {}, annotations: object = {}): PodManifest => ({
  metadata: { annotations },
  spec: { containers: [main({ securityContext })], ...spec },
})

/** A pod with this security context, and a container that says nothing, or what is given. */
export const podContext = (securityContext: object, ofContainer?: object): PodManifest =>
  container(ofContainer ? { securityContext: ofContainer } : {}, { securityContext })

/** A pod with a second container of this security context, which runs first. */
export const initContext = (first: object, ofMain: object = {}): PodManifest =>
  context(ofMain, { initContainers: [{ name: 'first', image: 'none', securityContext: first }] })

export const ephemeralContext = (securityContext: object): Ephemeral => ({ ephemeral: { securityContext } })

export const template = (pod: PodManifest): Template => ({ template: pod })

/** A pod with the volume `v` that nobody mounts. */
export const volume = (source: object) => context({}, { volumes: [{ name: 'v', ...source }] })

export const plain = context({})
/** It cannot say what is about Linux. */
export const windowsPod = (securityContext: object = {}, spec: object = {}) =>
  context(securityContext, { os: { name: 'windows' }, ...spec })
