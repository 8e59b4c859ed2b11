import { expect } from 'chai'
import fc from 'fast-check'
import { pathOf, queryOf } from '../../../src/kube/paths.ts'
import { apiVersionOf } from '../../../src/kube/resources.ts'

const configMaps = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true }
const clusterRoles = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles', kind: 'ClusterRole', namespaced: false }

describe('the path of a request', () => {
  it('names collections, objects and subresources, in the core group and in others', () => {
    expect(pathOf(configMaps)).to.equal('/api/v1/configmaps')
    expect(pathOf(configMaps, { namespace: 'a' })).to.equal('/api/v1/namespaces/a/configmaps')
    expect(pathOf(configMaps, { namespace: 'a', name: 'b' })).to.equal('/api/v1/namespaces/a/configmaps/b')
    expect(pathOf(clusterRoles)).to.equal('/apis/rbac.authorization.k8s.io/v1/clusterroles')
    expect(pathOf(clusterRoles, { name: 'x', subresource: 'status' })).to.equal('/apis/rbac.authorization.k8s.io/v1/clusterroles/x/status')
  })

  it('keeps capitals and encodes what a URL would misread', () => {
    expect(pathOf(clusterRoles, { name: 'system:Node?a=b#c' })).to.match(/\/clusterroles\/system%3ANode%3Fa%3Db%23c$/)
  })

  it('never leaves its collection, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        let path: string
        try {
          path = pathOf(configMaps, { namespace: 'a', name })
        } catch {
          return
        }
        const { pathname, search, hash } = new URL(path, 'https://server')
        expect({ pathname, search, hash }).to.deep.equal({ pathname: path, search: '', hash: '' })
        expect(decodeURIComponent(pathname.split('/').at(-1) ?? '')).to.equal(name)
        expect(pathname.split('/')).to.have.length(7)
      }),
    )
  })

  it('refuses names that would turn the request into another one', () => {
    for (const name of ['', '.', '..', 'a/b', 'a%2Fb']) {
      expect(() => pathOf(clusterRoles, { name }), JSON.stringify(name)).to.throw(RangeError)
      expect(() => pathOf(configMaps, { namespace: name }), JSON.stringify(name)).to.throw(RangeError)
    }
  })

  it('refuses a place that the resource cannot have', () => {
    expect(() => pathOf(clusterRoles, { namespace: 'a' })).to.throw('not in namespaces')
    expect(() => pathOf(configMaps, { name: 'a' })).to.throw('needs a namespace')
    expect(() => pathOf(configMaps, { namespace: 'a', subresource: 'status' })).to.throw('needs a name')
  })
})

describe('the query of a request', () => {
  it('leaves out what is not set and encodes the rest', () => {
    expect(queryOf(undefined)).to.equal('')
    expect(queryOf({ a: undefined })).to.equal('')
    expect(queryOf({ watch: true, limit: 500, labelSelector: 'a=b,c in (d)', continue: undefined })).to.equal(
      '?watch=true&limit=500&labelSelector=a%3Db%2Cc%20in%20(d)',
    )
  })
})

describe('the apiVersion of a resource', () => {
  it('has a group unless it is the core one', () => {
    expect([configMaps, clusterRoles].map(apiVersionOf)).to.deep.equal(['v1', 'rbac.authorization.k8s.io/v1'])
  })
})
