/**
 * bench/floor.ts — a program: puts back the policies of one namespace as they were when it started, and does nothing else. What repair
 * costs where nothing is understood, counted, logged or protected. Its arguments are a kubeconfig and the namespace.
 */

import { connect } from './api.ts'
import { type Policy, sameSpec } from './observer.ts'
import { policiesPath } from './scenario.ts'

const [kubeconfig = '', namespace = ''] = process.argv.slice(2)
const api = connect(kubeconfig, 8)
const path = policiesPath(namespace)
const { items, metadata } = await api.request<{ items: readonly Policy[]; metadata: { resourceVersion: string } }>('GET', path)
const wanted = new Map(items.map((policy) => [policy.metadata.name, policy]))
const head = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }

await api.watch<Policy>(
  `${path}?watch=true&resourceVersion=${metadata.resourceVersion}`,
  ({ type, object }) => {
    const { name, resourceVersion } = object.metadata
    const policy = wanted.get(name)
    if (!policy) return
    const { spec } = policy
    if (type === 'DELETED') void api.request('POST', path, { ...head, metadata: { name }, spec })
    else if (!sameSpec(object, policy)) void api.request('PUT', `${path}/${name}`, { ...head, metadata: { name, resourceVersion }, spec })
  },
  () => process.exit(1),
)
process.stdout.write('ready\n')
