/** cli/check/lines/installed.ts — PURE: whether what is installed is what this version installs. */

import { POD_SECURITY_PREFIX } from '../../../api/labels.ts'
import { expectedCrd, firstDifference } from '../expected.ts'
import { type ClusterFacts, type Compared, isMutating } from '../facts.ts'
import { type Check, type Line, someOf, unseenLine } from '../line.ts'

export const INSTALL =
  'helm upgrade --install tenant-isolation charts/tenant-isolation --namespace tenant-isolation-system --create-namespace (or kubectl apply --server-side --kustomize config/default)'

export function crdLine({ installation: { crd }, version }: ClusterFacts): Line {
  const check = 'crd'
  if (crd === 'unseen') return unseenLine(check, 'the CustomResourceDefinition')
  if (!crd)
    return { check, mark: 'missing', reason: 'there is no CustomResourceDefinition tenantisolations.tenant-isolation.dev', advice: INSTALL }
  const broken = crd.status?.conditions?.find(
    ({ type, status }) => (type === 'Established' || type === 'NamesAccepted') && status !== 'True',
  )
  if (broken)
    return {
      check,
      mark: 'missing',
      reason: `the API server does not serve the CustomResourceDefinition: ${broken.type} is ${broken.status}: ${broken.message ?? ''}`,
      advice: 'mend what it says, then install again',
    }
  const difference = firstDifference(crd.spec, expectedCrd().spec)
  if (difference === undefined) return { check, mark: 'ok', reason: `the CustomResourceDefinition is that of version ${version}` }
  return {
    check,
    mark: 'missing',
    reason: `the CustomResourceDefinition is not that of version ${version}: ${difference} differs`,
    advice: otherVersion(version),
  }
}

export function policiesLine({ installation: { policies }, version }: ClusterFacts): Line {
  return comparedLine(
    'policies',
    policies.filter((policy) => policy.stored !== undefined || !isMutating(policy)),
    version,
  )
}

export function bindingsLine({ installation: { bindings }, version }: ClusterFacts): Line {
  return comparedLine('bindings', bindings, version)
}

function comparedLine(check: Check, all: readonly Compared[], version: string): Line {
  const what = check === 'policies' ? 'admission policies' : 'bindings of the whole cluster'
  if (all.length === 0) return { check, mark: 'missing', reason: `there can be no ${what} here`, advice: 'see validating-policies' }
  const missing = all.filter(({ stored }) => stored === undefined).map(({ name }) => name)
  if (missing.length > 0)
    return {
      check,
      mark: 'missing',
      reason: `${missing.length} of ${all.length} ${what} are not there: ${someOf(missing)}`,
      advice: INSTALL,
    }
  const differing = all.flatMap(({ name, stored, expected }) => {
    if (stored === 'unseen' || stored === undefined) return []
    const path = firstDifference(stored.spec, expected)
    return path === undefined ? [] : [`${name} (${path})`]
  })
  if (differing.length > 0)
    return {
      check,
      mark: 'missing',
      reason: `${differing.length} of ${all.length} ${what} are not those of version ${version}: ${someOf(differing)}`,
      advice: otherVersion(version),
    }
  if (all.some(({ stored }) => stored === 'unseen')) return unseenLine(check, `the ${what}`)
  return { check, mark: 'ok', reason: `${all.length} ${what} are there, as version ${version} has them` }
}

function otherVersion(version: string): string {
  return `upgrade to ${version}: ${INSTALL}; or ask the check of the version that is installed`
}

export function rightsLine({ installation: { missingRights }, account }: ClusterFacts): Line {
  const check = 'rights'
  const who = `service account ${account.namespace}/${account.serviceAccount}`
  if (missingRights === 'unseen') return unseenLine(check, `what ${who} may do`)
  if (missingRights.length === 0) return { check, mark: 'ok', reason: `${who} may do all that the operator has to` }
  return {
    check,
    mark: 'missing',
    reason: `${who} may not ${someOf(missingRights)}`,
    advice: `install its rights again (rbac.create of the chart, or kubectl apply --server-side --kustomize config/rbac); docs/rights.md says what each is for`,
  }
}

export function configurationLine({ installation: { configuration }, account: { namespace } }: ClusterFacts): Line {
  const check = 'configuration'
  const name = `ConfigMap ${namespace}/tenant-isolation`
  if (configuration === 'unseen') return unseenLine(check, name)
  if (!configuration)
    return { check, mark: 'missing', reason: `there is no ${name}, which the pods of the operator wait for`, advice: INSTALL }
  if ('configuration' in configuration) return { check, mark: 'ok', reason: `${name} is understood` }
  return {
    check,
    mark: 'missing',
    reason: `${name} is not understood, so the operator goes by the one before, or does not start: ${configuration.violations.join('; ')}`,
    advice: 'mend it; docs/configuration.md has all fields',
  }
}

export function namespaceLine({ installation: { namespace }, account }: ClusterFacts): Line {
  const check = 'namespace'
  if (namespace === 'unseen') return unseenLine(check, `namespace ${account.namespace}`)
  if (!namespace) return { check, mark: 'missing', reason: `there is no namespace ${account.namespace}`, advice: INSTALL }
  const level = namespace.metadata.labels?.[`${POD_SECURITY_PREFIX}enforce`]
  if (level === 'restricted')
    return { check, mark: 'ok', reason: `namespace ${account.namespace} enforces the Pod Security level restricted` }
  return {
    check,
    mark: 'warning',
    reason: `namespace ${account.namespace} enforces ${level === undefined ? 'no Pod Security level' : `the Pod Security level ${level}`}, and the operator fits the strictest`,
    advice: `kubectl label --overwrite namespace ${account.namespace} ${POD_SECURITY_PREFIX}enforce=restricted`,
  }
}

/** Before anything is installed: what nobody has to look for. */
export function pendingLine({ installer }: ClusterFacts): readonly Line[] {
  const may: Line =
    installer === undefined || installer.length === 0
      ? { check: 'installer', mark: 'ok', reason: 'you may create all that an installation consists of' }
      : {
          check: 'installer',
          mark: 'warning',
          reason: `you may not ${someOf(installer)}, which an installation does`,
          advice: 'let somebody install it who is bound to cluster-admin',
        }
  return [may, { check: 'installation', mark: 'pending', reason: 'nothing of tenant-isolation is there yet', advice: INSTALL }]
}
