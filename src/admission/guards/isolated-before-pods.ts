/**
 * admission/guards/isolated-before-pods.ts — no pod starts in a tenant namespace before its baseline is there and sealed.
 *
 * The parameter is the NetworkPolicy `tenant-isolation` of the request's own namespace: a parameter of a namespaced kind without a
 * namespace in the binding is looked up there. Without it the API server refuses by itself (`parameterNotFoundAction: Deny`); its message
 * names the policy and the binding and nothing else, so the binding's name says what to do.
 *
 * Sealed means: our label, which children-guard lets nobody else write; every pod selected; every direction closed that the tenant
 * closes; and no rule without peers. The bridge of docs/decisions/0007, which lets everything through while a namespace is taken in or let
 * go, has such a rule. Which directions a tenant closes is not in the NetworkPolicy, so there is one policy for each set of directions.
 *
 * Nobody is exempt. Pods of DaemonSets and other controllers are gated like all others: those of the platform live in namespaces of the
 * platform, and a controller tries again by itself. So does the kubelet with the mirror of a static pod, which runs before anybody is
 * asked; an exemption for it could not be said here, for a missing parameter refuses before any condition is looked at.
 */

import { BASELINE_POLICY, TENANT_LABEL } from '../../api/labels.ts'
import { DIRECTIONS, type Direction } from '../../api/network.ts'
import { and, type Cel, cel, not, or } from '../cel.ts'
import { named, policyName, type ValidatingPolicy, validatingPolicy } from '../policy.ts'
import { sentence, sentences, text } from './sentences.ts'

/** Every set of directions that a tenant may close. */
export const CLOSED_DIRECTIONS: readonly (readonly Direction[])[] = [DIRECTIONS, ['Ingress'], ['Egress']]

/** For tenants that close these directions. */
export function isolatedBeforePodsName(closed: readonly Direction[]): string {
  const all = DIRECTIONS.every((direction) => closed.includes(direction))
  return policyName(all ? 'isolated-before-pods' : `isolated-before-pods-${closed.join('-').toLowerCase()}`)
}

export function isolatedBeforePods(closed: readonly Direction[]): ValidatingPolicy {
  const faults: readonly (readonly [Cel, string])[] = [
    [cel`${TENANT} == ''`, 'was not made by tenant-isolation'],
    [not(SELECTS_EVERY_POD), 'does not select every pod'],
    ...closed.map((direction) => [not(closes(direction)), `does not close ${direction}`] as const),
    [OPEN, 'still lets everything through, while the namespace is taken in or let go'],
  ]
  return validatingPolicy({
    name: isolatedBeforePodsName(closed),
    paramKind: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
    resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' }],
    // A pod in a sealed namespace is none of this policy's business: after one condition the API server is done with it (pods/at-once.ts).
    matchConditions: named({ 'not-sealed': or(...faults.map(([fault]) => fault)) }),
    variables: named({ missing: sentences(...faults.map(([fault, said]) => sentence(fault, text(said)))) }),
    validations: [
      {
        expression: cel`false`,
        message: `the namespace is not isolated yet: its NetworkPolicy ${BASELINE_POLICY} is not sealed; try again in a moment`,
        messageExpression: text(
          'namespace ',
          cel`request.namespace`,
          ` is not isolated yet: its NetworkPolicy ${BASELINE_POLICY} `,
          cel`variables.missing.join(', ')`,
          '; try again in a moment, or look at kubectl get ti ',
          TENANT,
        ),
      },
    ],
  })
}

const TENANT = cel`params.metadata.?labels[?${TENANT_LABEL}].orValue('')`

const SELECTS_EVERY_POD = and(
  cel`size(params.spec.?podSelector.?matchLabels.orValue({})) == 0`,
  cel`size(params.spec.?podSelector.?matchExpressions.orValue([])) == 0`,
)

function closes(direction: Direction): Cel {
  return cel`${direction} in params.spec.?policyTypes.orValue([])`
}

const OPEN = cel`params.spec.?ingress.orValue([]).exists(r, size(r.?from.orValue([])) == 0) || params.spec.?egress.orValue([]).exists(r, size(r.?to.orValue([])) == 0)`
