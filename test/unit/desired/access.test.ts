import { expect } from 'chai'
import type { Access } from '../../../src/api/access.ts'
import { tenantAccess } from '../../../src/desired/access/bindings.ts'

const ALLOWED = ['view', 'edit', 'admin']
const apiGroup = 'rbac.authorization.k8s.io'
const alice = { kind: 'User' as const, name: 'alice' }
const of = (...access: Access) => tenantAccess({ name: 'manning', uid: 'uid', spec: { access } }, ALLOWED)

describe('the access that a tenant gives', () => {
  it('is a RoleBinding for each ClusterRole, named after the tenant and the role', () => {
    const ci = { kind: 'ServiceAccount' as const, name: 'ci', namespace: 'manning-ci' }
    const { bindings, notAllowed } = of({ clusterRole: 'edit', subjects: [{ kind: 'Group', name: 'manning-developers' }, ci, alice] })
    expect(notAllowed).to.deep.equal([])
    expect(bindings).to.deep.equal([
      {
        apiVersion: `${apiGroup}/v1`,
        kind: 'RoleBinding',
        metadata: {
          name: 'tenant-isolation:manning:edit',
          labels: { 'app.kubernetes.io/managed-by': 'tenant-isolation', 'tenant-isolation.dev/tenant': 'manning' },
          ownerReferences: [
            { apiVersion: 'tenant-isolation.dev/v1alpha1', kind: 'TenantIsolation', name: 'manning', uid: 'uid', controller: true },
          ],
        },
        roleRef: { apiGroup, kind: 'ClusterRole', name: 'edit' },
        subjects: [
          { kind: 'Group', name: 'manning-developers', apiGroup },
          { kind: 'ServiceAccount', name: 'ci', namespace: 'manning-ci' },
          { kind: 'User', name: 'alice', apiGroup },
        ],
      },
    ])
  })

  it('is none for a ClusterRole that the configuration does not allow, and says which', () => {
    const { bindings, notAllowed } = of(
      { clusterRole: 'view', subjects: [alice] },
      { clusterRole: 'deployer', subjects: [alice] },
      { clusterRole: 'cluster-admin', subjects: [alice] },
    )
    expect(bindings.map(({ roleRef }) => roleRef.name)).to.deep.equal(['view'])
    expect(notAllowed).to.deep.equal(['cluster-admin', 'deployer'])
  })

  it('is the same in whatever order the resource names roles and subjects', () => {
    const bob = { kind: 'User' as const, name: 'bob' }
    const one = of({ clusterRole: 'view', subjects: [bob, alice] }, { clusterRole: 'admin', subjects: [alice] })
    const other = of({ clusterRole: 'admin', subjects: [alice] }, { clusterRole: 'view', subjects: [alice, bob] })
    expect(JSON.stringify(one)).to.equal(JSON.stringify(other))
  })

  it("is nobody's unless somebody is named", () => {
    expect(tenantAccess({ name: 'manning', uid: 'uid', spec: {} }, ALLOWED)).to.deep.equal({ bindings: [], notAllowed: [] })
  })
})
