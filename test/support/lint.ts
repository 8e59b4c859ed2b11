/** support/lint.ts — what lint says of objects that are written as YAML. */

import type { Source } from '../../src/cli/input/options.ts'
import { lintSubject } from '../../src/cli/lint/input.ts'
import { type Finding, refText } from '../../src/lint/finding.ts'
import { type Linted, lint } from '../../src/lint/lint.ts'
import { snapshotFrom } from './book.ts'

/** Everything that is found, as if the objects were all that there is in a cluster. */
export function linted(yaml: string, source: Source = 'cluster'): Linted {
  const { input, annotated } = lintSubject(snapshotFrom([], yaml), source)
  return lint(input, annotated)
}

/** What is found under one code: "TenantIsolation manning spec.network.egress[0].to[0].cidr". */
export function places(code: string, yaml: string, source?: Source): readonly string[] {
  return linted(yaml, source)
    .findings.filter((finding) => finding.code === code)
    .map(placeOf)
}

function placeOf({ object, field }: Finding): string {
  return `${refText(object)}${field === '' ? '' : ` ${field}`}`
}

export function messages(code: string, yaml: string): readonly string[] {
  return linted(yaml)
    .findings.filter((finding) => finding.code === code)
    .map(({ message }) => message)
}

/** A resource with this network, in YAML flow style, and a profile that leaves TI008 nothing to say. */
export function tenant(network: string, { name = 'manning', annotations = '{}', podSecurity = BASIC } = {}): string {
  return `---
apiVersion: tenant-isolation.dev/v1alpha1
kind: TenantIsolation
metadata: {name: ${name}, annotations: ${annotations}}
spec: {namespaceSelector: {matchLabels: {tenant: ${name}}}, network: ${network}${podSecurity === '' ? '' : `, podSecurity: ${podSecurity}`}}
`
}

const BASIC = '{profiles: [{name: default, preset: Basic, subjects: [{kind: Group, name: "system:authenticated"}]}]}'

export function namespace(name: string, labels = '{}'): string {
  return `---\n{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: ${labels}}}\n`
}

/** A pod "shop/web"; `more` goes into its spec. */
export function podYaml(
  path: string,
  labels = '{}',
  { addresses = [], more = '' }: { readonly addresses?: readonly string[]; readonly more?: string } = {},
): string {
  const [owner, name] = path.split('/')
  const ips = addresses.map((ip) => `{ip: "${ip}"}`).join()
  return `---
{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: ${owner}, labels: ${labels}}, spec: {${more}containers: [{name: main}]}, status: {phase: Running, podIPs: [${ips}]}}
`
}

/** A NetworkPolicy "shop/web" with this spec, in YAML flow style. */
export function policyYaml(path: string, spec: string, annotations = '{}'): string {
  const [owner, name] = path.split('/')
  return `---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: ${owner}, annotations: ${annotations}}, spec: ${spec}}\n`
}

/** A Service "shop/web" with this spec, in YAML flow style. */
export function serviceYaml(path: string, spec: string, annotations = '{}'): string {
  const [owner, name] = path.split('/')
  return `---\n{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${owner}, annotations: ${annotations}}, spec: ${spec}}\n`
}
