/** support/policy-history.ts — an observer: every state through which the NetworkPolicies of the cluster go, in the order of their versions. */

import type { PolicySpec } from '../../src/desired/network/policy.ts'
import { createClient } from '../../src/kube/client.ts'
import type { KubeObject, StoredObject } from '../../src/kube/objects.ts'
import { runReflector } from '../../src/kube/reflector.ts'
import type { Transport } from '../../src/kube/transport.ts'
import { NETWORK_POLICIES } from '../../src/reconcile/resources.ts'
import { eventually } from './eventually.ts'

type Policy = StoredObject & KubeObject<PolicySpec>

/** One change, and what was there right after it. */
export type PolicyState = {
  readonly change: 'created' | 'updated' | 'deleted'
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: string
  /** The policy as it was written, or as it was last. */
  readonly policy: Policy
  /** All policies of that namespace, by name. */
  readonly policies: ReadonlyMap<string, Policy>
}

export type PolicyHistory = {
  /** How many states there are by now; `statesSince` goes on from there. */
  mark(): number
  /** The states of these namespaces since the mark; everything that was written by now is in it. */
  statesSince(mark: number, ...namespaces: readonly string[]): Promise<readonly PolicyState[]>
  stop(): Promise<void>
}

export async function recordPolicies(transport: Transport): Promise<PolicyHistory> {
  const ending = new AbortController()
  const current = new Map<string, Map<string, Policy>>()
  const states: PolicyState[] = []
  const client = createClient(transport, { fieldManager: 'observer' })
  const synced = Promise.withResolvers<void>()

  const record = (change: PolicyState['change'], policy: Policy): void => {
    const { namespace = '', name, resourceVersion } = policy.metadata
    const policies = new Map(current.get(namespace))
    if (change === 'deleted') policies.delete(name)
    else policies.set(name, policy)
    current.set(namespace, policies)
    states.push({ change, namespace, name, resourceVersion, policy, policies })
  }

  const reflector = runReflector<Policy>({
    transport,
    resource: NETWORK_POLICIES,
    signal: ending.signal,
    sink: {
      restart() {
        // A second list would hide states.
        if (states.length > 0) throw new Error('the observer lost its watch')
      },
      upsert(policy) {
        const { namespace = '', name } = policy.metadata
        record(current.get(namespace)?.has(name) ? 'updated' : 'created', policy)
      },
      remove: (policy) => record('deleted', policy),
      synced: () => synced.resolve(),
      progressed() {},
    },
  })
  await synced.promise

  /** Events come in order: once a policy of our own has been seen, so has everything before it. */
  const passMarker = async (): Promise<void> => {
    const at = { namespace: 'default', name: `observed-${process.pid}-${markers++}` }
    await client.create(NETWORK_POLICIES, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: at,
      spec: { podSelector: { matchLabels: { nobody: 'here' } }, policyTypes: ['Ingress'] },
    })
    await eventually(() => {
      if (!current.get(at.namespace)?.has(at.name)) throw new Error(`the observer has not seen ${at.name}`)
    })
    await client.delete(NETWORK_POLICIES, at)
  }

  return {
    mark: () => states.length,
    async statesSince(mark, ...namespaces) {
      await passMarker()
      return states.slice(mark).filter(({ namespace }) => namespaces.includes(namespace))
    },
    async stop() {
      ending.abort()
      await reflector.finished
    },
  }
}

let markers = 0
