import { expect } from 'chai'
import { KubeApiError } from '../../../src/kube/errors.ts'
import { refusalOf } from '../../../src/reconcile/kept/refusal.ts'

const labels = {}
const binding = {
  kind: 'RoleBinding' as const,
  namespace: 'shop',
  name: 'tenant-isolation:manning:deployer',
  wanted: { apiVersion: 'v1', kind: 'RoleBinding' as const, metadata: { name: 'x', labels }, roleRef: { name: 'deployer' } },
}
const role = {
  kind: 'ClusterRole' as const,
  name: 'r',
  wanted: { apiVersion: 'v1', kind: 'ClusterRole' as const, metadata: { name: 'r', labels } },
}
const error = (code: number, message: string, details?: object) =>
  new KubeApiError({ code, reason: '', message, ...(details && { details }) })

describe('a refusal of the API server', () => {
  it('says which right is missing to bind a ClusterRole, and not at length what that grants', () => {
    const escalation = error(403, `user "x" is attempting to grant RBAC permissions not currently held:\n${'{Verbs:["*"]}'.repeat(500)}`)
    expect(refusalOf(binding, escalation)).to.deep.equal({
      reason: 'Refused',
      message:
        'the operator may not bind ClusterRole deployer in namespace shop (although its configuration allows it): give it verb bind on that ClusterRole, or take it out of access.clusterRoles',
    })
  })

  it('says when there is no such ClusterRole, which the API server puts as if the RoleBinding were missing', () => {
    const missing = error(404, 'rolebindings "deployer" not found', { kind: 'rolebindings', name: 'deployer' })
    expect(refusalOf(binding, missing)?.message).to.include('(there is no such ClusterRole)')
  })

  it('is told in its own words otherwise', () => {
    expect(refusalOf(binding, error(403, 'exceeded quota'))?.message).to.equal(
      'the API server refuses RoleBinding shop/tenant-isolation:manning:deployer: exceeded quota',
    )
    expect(refusalOf(role, error(422, 'bad'))?.message).to.equal('the API server refuses ClusterRole r: bad')
  })

  it('is none where something is missing, in conflict or broken', () => {
    const gone = error(404, 'namespaces "shop" not found', { kind: 'namespaces', name: 'shop' })
    const vanished = error(404, 'not found', { kind: 'rolebindings', name: binding.name })
    for (const other of [gone, vanished, error(409, 'conflict'), error(500, 'x'), new Error('cut')])
      expect(refusalOf(binding, other)).to.equal(undefined)
  })
})
