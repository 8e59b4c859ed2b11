/** api/crd.ts — from the Zod schema to a CustomResourceDefinition with a structural schema. */

import { z } from 'zod'
import { GROUP, KIND, VERSION } from './labels.ts'
import { tenantIsolation } from './tenant-isolation.ts'

type Schema = { [key: string]: unknown }

const PLURAL = 'tenantisolations'

const COLUMNS = [
  {
    name: 'Ready',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    description: 'Whether everything is as it should be.',
  },
  { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason', description: 'Why.' },
  {
    name: 'Namespaces',
    type: 'integer',
    jsonPath: '.status.namespaces.selected',
    description: 'How many namespaces belong to the tenant.',
  },
  { name: 'Policies', type: 'integer', jsonPath: '.status.network.policies', description: 'How many NetworkPolicies are in place.' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  // With -o wide, behind the age, as kubectl has it for its own kinds.
  { name: 'Mode', type: 'string', priority: 1, jsonPath: '.status.network.mode', description: 'The mode of network isolation.' },
  {
    name: 'Message',
    type: 'string',
    priority: 1,
    jsonPath: '.status.conditions[?(@.type=="Ready")].message',
    description: 'Why, in a sentence.',
  },
]

/** The CRD as a plain object, ready for YAML. The same schema gives the same object, key order included. */
export function customResourceDefinition(): Schema {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: 'tenantisolation',
        shortNames: ['ti'],
        categories: ['tenancy'],
      },
      scope: 'Cluster',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: COLUMNS,
          subresources: { status: {} },
          schema: { openAPIV3Schema: openApiSchema() },
        },
      ],
    },
  }
}

function openApiSchema(): Schema {
  const schema = z.toJSONSchema(tenantIsolation, { target: 'openapi-3.0', io: 'input' }) as Schema
  const { apiVersion: _, kind: __, metadata: ___, ...own } = schema.properties as Record<string, Schema>
  const root = structural({ ...schema, properties: own }, 'the schema')
  const described = (description: string) => ({ description, type: 'string' })
  return {
    description: root.description,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: described('The version of the schema, tenant-isolation.dev/v1alpha1.'),
      kind: described('TenantIsolation.'),
      // The API server takes nothing else here, not even a description.
      metadata: { type: 'object' },
      ...(root.properties as Record<string, Schema>),
    },
    'x-kubernetes-validations': root['x-kubernetes-validations'],
  }
}

/** What OpenAPI and Zod say beyond structural schemas, or say twice. */
const DROPPED = new Set(['$schema', 'additionalProperties', 'propertyNames', 'minimum', 'maximum', 'anyOf'])

/**
 * The structural form of one node (apiextensions: every node typed, no `additionalProperties: false` beside `properties`, no
 * types inside `anyOf`). Throws where it would have to guess.
 */
function structural(node: Schema, path: string): Schema {
  if ('$ref' in node || 'oneOf' in node || 'allOf' in node) throw new Error(`${path}: structural schemas have no $ref, oneOf or allOf`)
  if (node['x-kubernetes-int-or-string'] === true) return ordered({ ...without(node), maxLength: 15 })
  if ('anyOf' in node) throw new Error(`${path}: a union has to be an object with optional members and a rule, or int-or-string`)
  if (typeof node.type !== 'string') throw new Error(`${path}: every node of a structural schema has a type`)
  const result = without(node)
  const values = node.additionalProperties
  if (isSchema(node.properties)) {
    result.properties = Object.fromEntries(
      Object.entries(node.properties).map(([name, child]) => [name, structural(child as Schema, `${path}.${name}`)]),
    )
  } else if (isSchema(values) && Object.keys(values).length > 0) {
    result.additionalProperties = structural(values, `${path}.*`)
  }
  if (isSchema(node.items)) result.items = structural(node.items, `${path}[]`)
  if (node.type === 'integer') Object.assign(result, { format: 'int64' }, bounds(node))
  return ordered(result)
}

function without(node: Schema): Schema {
  return Object.fromEntries(Object.entries(node).filter(([key]) => !DROPPED.has(key)))
}

/** Zod bounds every integer by what JavaScript can hold; only bounds that mean something stay. */
function bounds({ minimum, maximum }: Schema): Schema {
  return {
    ...(typeof minimum === 'number' && minimum > Number.MIN_SAFE_INTEGER && { minimum }),
    ...(typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER && { maximum }),
  }
}

/** Description and type first, as people read it. */
function ordered({ description, type, ...rest }: Schema): Schema {
  return { ...(description !== undefined && { description }), ...(type !== undefined && { type }), ...rest }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null
}
