/** support/hostile.ts — texts that must not be taken for anything but themselves, and where a resource and a pod have room for them. */

import { customResourceDefinition } from '../../src/api/crd.ts'
import { API_VERSION, KIND } from '../../src/api/labels.ts'
import type { PodManifest } from './pod-security.ts'

/** The quotes, escapes and comments of CEL, JSON, YAML, Go templates and shells; line breaks; and what is not ASCII. */
export const HOSTILE_TEXTS = [
  `it's`,
  `"quoted"`,
  'back\\slash',
  'line\nbreak',
  `') || true || ('`,
  `"] + [] != ["`,
  '{{x}}',
  'ümläut ☃ 𝒳',
  `'''`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is what it is about
  '${x}`',
  `\\u0027\\x27\\`,
  'carriage\r\nreturn',
  `x' // y`,
  'tab\tand\u2028separator',
] as const

/** Those that fit into a header, and so into the name of somebody who is impersonated. */
export const HOSTILE_NAMES: readonly string[] = HOSTILE_TEXTS.filter((text) => !/[\r\n\t]/.test(text))

// biome-ignore lint/suspicious/noExplicitAny: OpenAPI, as far as it is looked at here
type Schema = any

/** spec.network.ingress[].from[].cidr: `[]` is an item of a list, `{}` the value of a map under some key, `{key}` the key. */
type Path = string

/** Every place of the resource where a text may stand, but for those that take a few words only. */
export function textFields(): readonly Path[] {
  const found: Path[] = []
  const look = (schema: Schema, path: Path): void => {
    if (schema.type === 'string' && schema.enum === undefined) found.push(path)
    for (const [name, inner] of Object.entries(schema.properties ?? {})) look(inner, `${path}.${name}`)
    if (schema.items) look(schema.items, `${path}[]`)
    if (schema.additionalProperties) {
      found.push(`${path}{key}`)
      look(schema.additionalProperties, `${path}{}`)
    }
  }
  look(specSchema(), 'spec')
  return found
}

/** A resource with the text in that place, and beside it only what OpenAPI asks for: rules may have something against the rest. */
export function resourceWith(path: Path, text: string): object {
  const steps = [...path.slice('spec'.length).matchAll(/\.\w+|\[\]|\{\w*\}/g)].map(([step]) => step)
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name: 'hostile-fields' }, spec: filled(specSchema(), steps, text) }
}

/** The place as the API server names it in what it has against it. */
export function placeOf(path: Path): string {
  return path.replaceAll('[]', '[0]').replaceAll('{}', '.x').replaceAll('{key}', '')
}

function filled(schema: Schema, [step, ...further]: readonly string[], text: string): unknown {
  if (step === undefined) return text
  if (step === '[]') return [filled(schema.items, further, text)]
  if (step === '{}') return { x: filled(schema.additionalProperties, further, text) }
  if (step === '{key}') return { [text]: 'x' }
  const name = step.slice(1)
  return { ...required(schema, name), [name]: filled(schema.properties[name], further, text) }
}

function required(schema: Schema, except?: string): object {
  const names: string[] = schema.required ?? []
  return Object.fromEntries(names.filter((name) => name !== except).map((name) => [name, sample(schema.properties[name])]))
}

function sample(schema: Schema): unknown {
  if (schema.enum) return schema.enum[0]
  if (schema.type === 'object') return schema.additionalProperties ? { x: 'x' } : required(schema)
  if (schema.type === 'array') return [sample(schema.items)]
  return schema.type === 'integer' ? (schema.minimum ?? 1) : schema.type === 'boolean' ? false : 'x'
}

function specSchema(): Schema {
  return (customResourceDefinition() as Schema).spec.versions[0].schema.openAPIV3Schema.properties.spec
}

/** Of this text wherever a pod takes it. Nothing mounts the volumes. */
export function podFullOf(text: string): PodManifest {
  const handler = { exec: { command: [text] } }
  const confined = { type: 'Localhost', localhostProfile: text }
  return {
    metadata: { annotations: { note: text } },
    spec: {
      automountServiceAccountToken: false,
      securityContext: {
        seLinuxOptions: { user: text, role: text, type: text, level: text },
        seccompProfile: confined,
        sysctls: [{ name: 'kernel.msgmax', value: text }],
      },
      containers: [
        {
          name: 'main',
          image: text,
          command: [text],
          args: [text],
          workingDir: text,
          env: [{ name: 'X', value: text }],
          terminationMessagePath: text,
          livenessProbe: handler,
          lifecycle: { preStop: handler },
          securityContext: {
            capabilities: { add: [text], drop: [text] },
            seLinuxOptions: { user: text, role: text, type: text, level: text },
            seccompProfile: confined,
            appArmorProfile: confined,
          },
        },
      ],
      volumes: [
        { name: 'a', hostPath: { path: `/${text}` } },
        { name: 'b', flexVolume: { driver: text, fsType: text, options: { x: text } } },
        { name: 'c', nfs: { server: text, path: `/${text}` } },
      ],
    },
  }
}
