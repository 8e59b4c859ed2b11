import { expect } from 'chai'
import { type Configuration, DEFAULT_CONFIGURATION, parseConfiguration } from '../../../src/api/configuration.ts'

const HEAD = { apiVersion: 'tenant-isolation.dev/v1alpha1', kind: 'OperatorConfiguration' }

function taken(fields: object): Configuration {
  const result = parseConfiguration({ ...HEAD, ...fields })
  return 'configuration' in result ? result.configuration : expect.fail(result.violations.join('\n'))
}

function complaints(file: unknown): readonly string[] {
  const result = parseConfiguration(file)
  return 'violations' in result ? result.violations : expect.fail('it was accepted')
}

describe("the operator's configuration", () => {
  it('that says nothing protects no further namespace, names no peers, and finds DNS by itself', () => {
    expect(taken({})).to.deep.equal({
      ...HEAD,
      protectedNamespaces: [],
      platform: [],
      access: { clusterRoles: ['view', 'edit', 'admin'] },
      cluster: { ranges: [] },
      privateRanges: [],
      metadataAddresses: [],
      dns: { nodeLocalCaches: [] },
    })
    expect(taken({})).to.deep.equal(DEFAULT_CONFIGURATION)
  })

  it('that says everything is taken as it is', () => {
    const everything = {
      protectedNamespaces: ['platform'],
      platform: [
        {
          name: 'ingress-nginx',
          peers: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } }, podSelector: {} }],
        },
        { name: 'proxy', peers: [{ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }, { cidr: '2001:db8::1/128' }] },
      ],
      access: { clusterRoles: ['view', 'deployer'] },
      cluster: { ranges: ['10.244.0.0/16'] },
      privateRanges: ['198.51.100.0/24'],
      metadataAddresses: ['169.254.169.254/32'],
      dns: { service: { namespace: 'openshift-dns', name: 'dns-default' }, nodeLocalCaches: ['169.254.20.10/32'] },
    }
    expect(taken(everything)).to.deep.equal({ ...HEAD, ...everything })
  })

  it('fills in what is left out of its parts', () => {
    expect(taken({ cluster: {}, dns: { service: { namespace: 'a', name: 'b' } } })).to.deep.include({
      cluster: { ranges: [] },
      dns: { service: { namespace: 'a', name: 'b' }, nodeLocalCaches: [] },
    })
  })

  describe('that is wrong is answered with one sentence:', () => {
    const peers = (...list: unknown[]) => ({ platform: [{ name: 'monitoring', peers: list }] })
    const pods = { namespaceSelector: {} }
    const cases: readonly { readonly name: string; readonly fields: object; readonly sentence: string }[] = [
      { name: 'no kind', fields: { kind: undefined }, sentence: 'kind: Required value' },
      { name: 'another kind', fields: { kind: 'TenantIsolation' }, sentence: 'kind: supported values: "OperatorConfiguration"' },
      { name: 'another version', fields: { apiVersion: 'v1' }, sentence: 'apiVersion: supported values: "tenant-isolation.dev/v1alpha1"' },
      { name: 'a misspelt field', fields: { protectedNamespace: [] }, sentence: 'protectedNamespace: unknown field' },
      { name: 'a misspelt field deeper down', fields: { dns: { nodeLocalCache: [] } }, sentence: 'dns.nodeLocalCache: unknown field' },
      { name: 'a field without a value', fields: { platform: null }, sentence: 'platform: must be of type array' },
      {
        name: 'a name that no namespace can have',
        fields: { protectedNamespaces: ['kube-system', 'Platform'] },
        sentence:
          'protectedNamespaces[1]: write a DNS label: at most 63 lower-case letters, digits and -, with a letter or a digit at both ends',
      },
      {
        name: 'a name that no ClusterRole can have',
        fields: { access: { clusterRoles: ['view', 'a/b'] } },
        sentence: 'access.clusterRoles[1]: write the name of a ClusterRole: at least one character, no / and no %',
      },
      {
        name: 'a range with host bits',
        fields: { cluster: { ranges: ['10.244.0.1/16'] } },
        sentence: 'cluster.ranges[0]: 10.244.0.1/16 is not canonical; write 10.244.0.0/16',
      },
      {
        name: 'an address instead of a range',
        fields: { dns: { nodeLocalCaches: ['169.254.20.10'] } },
        sentence:
          'dns.nodeLocalCaches[0]: "169.254.20.10" is not a range; write a canonical CIDR: an address without leading zeros, a slash and a length, such as 192.168.1.0/24 or 2001:db8::/32, never IPv4 mapped into IPv6',
      },
      {
        name: 'a platform peer that is nobody',
        fields: peers(),
        sentence: 'platform[0].peers: name at least one peer, or leave the entry out',
      },
      {
        name: 'a platform peer twice',
        fields: {
          platform: [
            { name: 'a', peers: [pods] },
            { name: 'a', peers: [pods] },
          ],
        },
        sentence: 'platform: two platform peers have the same name; give each its own',
      },
      ...[{}, { podSelector: {} }, { ...pods, cidr: '10.0.0.0/8' }, { podSelector: {}, cidr: '10.0.0.0/8' }].map((peer) => ({
        name: `a platform peer of the form ${JSON.stringify(peer)}`,
        fields: peers(peer),
        sentence:
          'platform[0].peers[0]: a platform peer is pods (namespaceSelector, and podSelector if wanted) or addresses (cidr, and except if wanted)',
      })),
      {
        name: 'except outside of its range',
        fields: peers({ cidr: '10.0.0.0/8', except: ['192.168.0.0/16'] }),
        sentence:
          'platform[0].peers[0]: each range in except must lie strictly inside cidr; leave out what lies elsewhere, and leave out the peer when nothing remains of it',
      },
      {
        name: 'a platform peer that refers to a tenant',
        fields: peers({ tenant: 'acme', ...pods }),
        sentence: 'platform[0].peers[0].tenant: unknown field',
      },
      {
        name: 'half a Service',
        fields: { dns: { service: { name: 'kube-dns' } } },
        sentence: 'dns.service.namespace: Required value',
      },
      {
        name: 'a label that Zod would pass over, so that the selector would match every namespace',
        fields: peers({ namespaceSelector: { matchLabels: JSON.parse('{"__proto__": "x"}') } }),
        sentence: 'platform[0].peers[0].namespaceSelector.matchLabels.__proto__: unknown field, and not a label key either',
      },
      {
        name: 'a label without a value',
        fields: peers({ namespaceSelector: { matchLabels: { team: null } } }),
        sentence:
          'platform[0].peers[0].namespaceSelector.matchLabels.team: a label without a value matches nothing here, not even the empty value; write a value: at most 63 letters, digits, -, _ and ., with a letter or a digit at both ends; the empty one is written ""',
      },
    ]
    for (const { name, fields, sentence } of cases) {
      it(name, () => {
        expect(complaints({ ...HEAD, ...fields })).to.deep.equal([sentence])
      })
    }

    for (const file of [undefined, null, '', 'text', 7, []]) {
      it(`a file that is ${JSON.stringify(file) ?? 'empty'}`, () => {
        expect(complaints(file)).to.deep.equal([file === undefined ? 'Required value' : 'must be of type object'])
      })
    }
  })
})
