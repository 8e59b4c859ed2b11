/** cli/input/kinds/service.ts — PURE: Services, EndpointSlices and Ingresses; of each what leads to pods. */

import { z } from 'zod'
import { metadata, reader } from './metadata.ts'

const strings = z.record(z.string(), z.string())

const service = z.object({
  metadata,
  spec: z
    .object({
      type: z.string().default('ClusterIP'),
      selector: strings.optional(),
      clusterIP: z.string().optional(),
      clusterIPs: z.array(z.string()).optional(),
      externalName: z.string().optional(),
      externalIPs: z.array(z.string()).optional(),
      externalTrafficPolicy: z.string().optional(),
      ports: z
        .array(
          z.object({
            name: z.string().optional(),
            protocol: z.string().optional(),
            port: z.number().int(),
            targetPort: z.union([z.number().int(), z.string()]).optional(),
            nodePort: z.number().int().optional(),
          }),
        )
        .optional(),
    })
    .default({ type: 'ClusterIP' }),
})
/** core/v1 Service. */
export type Service = z.output<typeof service>
export const readService = reader(service)

const endpointSlice = z.object({
  metadata,
  addressType: z.string(),
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()),
        conditions: z.object({ ready: z.boolean().optional(), serving: z.boolean().optional() }).optional(),
        targetRef: z.object({ kind: z.string().optional(), namespace: z.string().optional(), name: z.string().optional() }).optional(),
      }),
    )
    .default([]),
  ports: z.array(z.object({ name: z.string().optional(), protocol: z.string().optional(), port: z.number().int().optional() })).default([]),
})
/** discovery.k8s.io/v1 EndpointSlice. */
export type EndpointSlice = z.output<typeof endpointSlice>
export const readEndpointSlice = reader(endpointSlice)

const backend = z.object({
  service: z
    .object({
      name: z.string(),
      port: z.object({ name: z.string().optional(), number: z.number().int().optional() }).default({}),
    })
    .optional(),
})

const ingress = z.object({
  metadata,
  spec: z
    .object({
      ingressClassName: z.string().optional(),
      defaultBackend: backend.optional(),
      rules: z
        .array(
          z.object({
            host: z.string().optional(),
            http: z.object({ paths: z.array(z.object({ path: z.string().optional(), backend })) }).optional(),
          }),
        )
        .default([]),
    })
    .default({ rules: [] }),
})
/** networking.k8s.io/v1 Ingress. */
export type Ingress = z.output<typeof ingress>
export const readIngress = reader(ingress)
