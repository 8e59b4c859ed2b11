/**
 * chart/values.ts — the values of the chart: the one source of values.yaml, values.schema.json and the table in the chart's README.
 *
 * What the API server checks anyway (selectors, tolerations, quantities) is taken as it is; the rest is refused here, by `helm template`
 * already. What the operator reads is checked by the operator's own schema.
 */

import { z } from 'zod'
import { configuration } from '../../src/api/configuration.ts'

const text = z.string()
const labels = z.record(z.string(), text)
/** A part of the Kubernetes API that the chart passes on. */
const asInKubernetes = z.looseObject({})

/** Where runbooks are: a page for every alert, of the alert's name. */
export const RUNBOOKS = 'https://github.com/tenant-isolation/tenant-isolation/blob/main/docs/runbooks/'

const peers = z
  .array(asInKubernetes)
  .default([])
  .describe(
    'Who may read the metrics: peers as in `ingress.from` of a NetworkPolicy. Nobody unless said; probes of the kubelet need no permission.',
  )

const toggle = (enabled: boolean, what: string) => z.boolean().default(enabled).describe(what)

/** An object whose members are described one by one. */
const section = <Shape extends z.core.$ZodLooseShape>(what: string, shape: Shape) => z.strictObject(shape).partial().describe(what)

export const values = z
  .strictObject({
    replicaCount: z
      .int()
      .min(0)
      .default(2)
      .describe('How many replicas: one writes, the others wait with full caches. With 0 nothing is repaired; what is isolated stays so.'),
    image: section('The image of the operator.', {
      repository: text.min(1).default('ghcr.io/tenant-isolation/tenant-isolation').describe('Where the image is.'),
      digest: z
        .union([z.literal(''), z.string().regex(/^sha256:[0-9a-f]{64}$/)])
        .default('')
        .describe('`sha256:…`, which says exactly what runs and wins over the tag. Each release names its own in its notes.'),
      tag: text.default('').describe("A tag, where there is no digest; the chart's appVersion unless said."),
      pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent').describe('When the kubelet pulls it.'),
    }),
    imagePullSecrets: z
      .array(asInKubernetes)
      .default([])
      .describe("Secrets of a private registry: `[{name: …}]`, in the release's namespace."),
    config: configuration
      .omit({ apiVersion: true, kind: true })
      .partial()
      .describe(
        'The configuration of the operator, what the platform team says once for all tenants: docs/configuration.md. A change counts without a restart.',
      ),
    logging: section('What the operator logs.', {
      level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('How much.'),
      format: z.enum(['json', 'text']).default('json').describe('In which form.'),
    }),
    concurrency: z.int().min(1).default(32).describe('How many namespaces are written at once.'),

    crds: section('The CustomResourceDefinition.', {
      enabled: toggle(true, 'Install it. With false it has to be there already: kubectl apply --server-side -f crds/.'),
      keep: toggle(
        true,
        'Leave it when the release is uninstalled. With false, uninstalling deletes every tenant and all isolation with it.',
      ),
    }),
    admissionPolicies: section('The admission policies, by which nobody can undo what the operator wrote: docs/guards.md.', {
      enabled: toggle(true, 'Install them. With false they have to be there already, and to name this service account.'),
      keep: toggle(true, 'Leave them when the release is uninstalled, so that tenants stay as closed as they were.'),
      mutating: z
        .enum(['Auto', 'Enabled', 'Disabled'])
        .default('Auto')
        .describe(
          'The MutatingAdmissionPolicy, for `podSecurity.defaulting`. Auto: where the API server is 1.36 or newer and serves it. A rendering without a cluster goes by --kube-version.',
        ),
    }),
    rbac: section('Rights.', {
      create: toggle(true, 'Give the operator its rights: docs/rights.md. With false somebody else has to, exactly as in config/rbac.'),
      platformRoles: toggle(
        true,
        'ClusterRoles to bind to people: tenant-isolation-viewer (part of `view`), -editor, -assigner and -overrider.',
      ),
    }),
    serviceAccount: section('The account of the operator. The admission policies let it through by its name.', {
      create: toggle(true, 'Make it.'),
      name: z
        .string()
        .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
        .max(63)
        .default('tenant-isolation')
        .describe('Its name.'),
      annotations: labels.default({}).describe('Annotations of it.'),
    }),

    resources: asInKubernetes
      .default({ requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '256Mi' } })
      .describe(
        'What a replica asks for and may take. No limit on CPU, which would only make repairs late. 2,500 policies of 100 tenants take 111 MiB at most.',
      ),
    podDisruptionBudget: section('Keeps drains from stopping all replicas at once. Made where there are at least two.', {
      enabled: toggle(true, 'Make it.'),
      minAvailable: z.int().min(1).default(1).describe('How many replicas stay.'),
    }),
    topologySpread: section('Keeps replicas apart.', {
      topologyKeys: z
        .array(text.min(1))
        .default(['kubernetes.io/hostname', 'topology.kubernetes.io/zone'])
        .describe('Labels of nodes over whose values the replicas spread.'),
      whenUnsatisfiable: z
        .enum(['DoNotSchedule', 'ScheduleAnyway'])
        .default('ScheduleAnyway')
        .describe('What happens to a replica for which there is no such node.'),
    }),
    priorityClassName: text.default('').describe('A PriorityClass, such as system-cluster-critical.'),
    nodeSelector: labels.default({}).describe('Labels that a node must have.'),
    tolerations: z.array(asInKubernetes).default([]).describe('Taints of nodes that do not matter.'),
    affinity: asInKubernetes.default({}).describe('Where replicas go, beyond the above.'),
    podLabels: labels.default({}).describe('Further labels of the pods.'),
    podAnnotations: labels.default({}).describe('Annotations of the pods.'),

    networkPolicy: section('A NetworkPolicy for the operator itself: out to the API server only, in to the metrics only.', {
      enabled: toggle(true, 'Make it.'),
      apiServerPorts: z
        .array(z.int().min(1).max(65535))
        .min(1)
        .default([443, 6443])
        .describe('The ports of the API server: the one of Service default/kubernetes and the one behind it.'),
      apiServerCIDRs: z
        .array(text.min(1))
        .default([])
        .describe('Its addresses. Unless said, those ports of every address, for a chart cannot know them.'),
      metricsFrom: peers,
    }),
    metrics: section('What looks at the metrics.', {
      serviceMonitor: section('For Prometheus Operator. The networkPolicy has to let Prometheus in: networkPolicy.metricsFrom.', {
        enabled: toggle(false, 'Make a ServiceMonitor.'),
        interval: text.default('30s').describe('How often.'),
        labels: labels.default({}).describe('Labels by which Prometheus finds it.'),
      }),
      prometheusRule: section('Alerts, each with a page in docs/runbooks.', {
        enabled: toggle(false, 'Make a PrometheusRule.'),
        labels: labels.default({}).describe('Labels by which Prometheus finds it.'),
        runbooks: text.default(RUNBOOKS).describe('What the addresses of runbooks begin with.'),
      }),
      dashboard: section('A Grafana dashboard in a ConfigMap.', {
        enabled: toggle(false, 'Make it.'),
        labels: labels.default({ grafana_dashboard: '1' }).describe("Labels by which Grafana's sidecar finds it."),
        annotations: labels.default({}).describe('Annotations, such as the folder.'),
      }),
    }),
    flowControl: section(
      'A priority level of its own in the API server (FlowSchema and PriorityLevelConfiguration): a flood of other requests does not hold up repairs, nor the other way round.',
      {
        enabled: toggle(false, 'Make them.'),
        nominalConcurrencyShares: z.int().min(1).default(30).describe("Its share of the API server's concurrency; workload-low has 100."),
      },
    ),
  })
  .partial()
