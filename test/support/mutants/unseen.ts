/** support/mutants/unseen.ts — the kinds of requests that a policy is asked about, one by one, so that it can be not asked about one of them. */

import type { ResourceRule } from '../../../src/admission/policy.ts'

type Unseen = { readonly what: string; readonly condition: string }

/**
 * The same requests, without their versions by name. Where those are said, kube-controller-manager checks the types of a policy's expressions
 * for each kind (apiserver pkg/admission/plugin/policy/validating/typechecking.go): of pod-security alone for 15 s of processor time.
 */
export function unchecked(rule: ResourceRule): ResourceRule {
  return { ...rule, apiVersions: ['*'] }
}

/** The condition is CEL for a request of that kind. */
export function unseenRequests({ apiGroups, operations, resources }: ResourceRule): readonly Unseen[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((path) =>
      // A subresource is neither created nor deleted.
      operations
        .filter((operation) => operation === 'UPDATE' || !path.includes('/'))
        .map((operation) => {
          const [resource, subresource = ''] = path.split('/')
          return {
            what: `it is not asked about ${operation} of ${path}${group === '' ? '' : `.${group}`}`,
            condition: `request.operation == '${operation}' && request.resource.group == '${group}' && request.resource.resource == '${resource}' && request.?subResource.orValue('') == '${subresource}'`,
          }
        }),
    ),
  )
}
