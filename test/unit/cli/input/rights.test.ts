import { expect } from 'chai'
import { missingRights } from '../../../../src/cli/input/rights.ts'
import { NAMESPACES, NETWORK_POLICIES, PODS } from '../../../../src/reconcile/resources.ts'

const SERVER = 'https://cluster'
const linesOf = (text: string) => text.split('\n').filter((line) => line.startsWith('  '))

describe('rights that are missing', () => {
  it('are named once each, with one line that gives all of them', () => {
    const list = { verb: 'list', namespace: undefined } as const
    const text = missingRights(
      'alice',
      [
        { ...list, resource: PODS },
        { ...list, resource: NETWORK_POLICIES },
        { ...list, resource: PODS },
      ],
      SERVER,
    )
    expect(text).to.include('user "alice" may not list networkpolicies, pods (https://cluster). An administrator gives this right with:')
    const [line, ...more] = linesOf(text)
    expect(more).to.deep.equal([])
    expect(line).to.match(
      /^ {2}kubectl create clusterrole (tenant-isolation-reader-\w{6}) --verb=list --resource=networkpolicies\.networking\.k8s\.io,pods && kubectl create clusterrolebinding \1 --clusterrole=\1 --user=alice$/,
    )
  })

  it('are given in one namespace when that is all that was asked for', () => {
    const text = missingRights(
      'system:serviceaccount:ci:builder',
      [
        { verb: 'get', resource: NAMESPACES, namespace: 'shop' },
        { verb: 'list', resource: NETWORK_POLICIES, namespace: 'shop' },
        { verb: 'list', resource: PODS, namespace: undefined },
      ],
      SERVER,
    )
    expect(text).to.include('may not list pods, nor get namespaces, nor list networkpolicies in namespace shop (')
    const [everywhere, inShop] = linesOf(text)
    expect(everywhere).to.include('--resource=pods && kubectl create clusterrolebinding').and.to.include('--serviceaccount=ci:builder')
    expect(inShop).to.include('--verb=get,list --resource=namespaces,networkpolicies.networking.k8s.io && kubectl create rolebinding')
    expect(inShop).to.include('--namespace=shop')
  })

  it('are given to users whatever their names are', () => {
    const [line] = linesOf(missingRights("o'brien; rm -rf /", [{ verb: 'list', resource: PODS, namespace: undefined }], SERVER))
    expect(line).to.match(/ --user='o'\\''brien; rm -rf \/'$/)
  })
})
