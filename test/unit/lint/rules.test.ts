/** Each lint code: what it points out, and what it leaves alone. */

import { expect } from 'chai'
import { messages, namespace, places, podYaml, policyYaml, serviceYaml, tenant } from '../../support/lint.ts'

const SHOP = namespace('shop', '{tenant: manning}')
const ACME = namespace('web', '{tenant: acme}')
const CONFIGURATION = (fields: string) => `---\n{apiVersion: tenant-isolation.dev/v1alpha1, kind: OperatorConfiguration, ${fields}}\n`
const egressTo = (peer: string, ports = 'ports: [{port: 443}]') => tenant(`{egress: [{name: out, to: [${peer}]${ports && `, ${ports}`}}]}`)
const AT = 'TenantIsolation manning spec.network'

describe('lint', () => {
  describe('TI001, a wide range', () => {
    it('is pointed out when it holds more than a /16, or a /48 of IPv6', () => {
      for (const cidr of ['0.0.0.0/0', '10.0.0.0/8', '10.0.0.0/15', '"::/0"', '"2001:db8::/47"']) {
        expect(places('TI001', egressTo(`{cidr: ${cidr}}`)), cidr).to.deep.equal([`${AT}.egress[0].to[0].cidr`])
      }
    })
    it('is none up to there, and when exceptions leave no more than that', () => {
      for (const peer of [
        '{cidr: 10.0.0.0/16}',
        '{cidr: "2001:db8::/48"}',
        '{cidr: 10.0.0.0/15, except: [10.1.0.0/16]}',
        '{preset: Internet}',
      ]) {
        expect(places('TI001', egressTo(peer)), peer).to.deep.equal([])
      }
    })
    it('is one for DNS as well: port 53 of everywhere is a way out for anything', () => {
      expect(places('TI001', tenant('{dns: {mode: Custom, to: [{cidr: 0.0.0.0/0}]}}'))).to.deep.equal([`${AT}.dns.to[0].cidr`])
    })
    it('names what it holds, and preset Internet where everything was meant', () => {
      expect(messages('TI001', egressTo('{cidr: 0.0.0.0/0}'))).to.deep.equal([
        '0.0.0.0/0 holds 4,294,967,296 addresses; write preset: Internet where public addresses are meant, which leaves out private ranges and cloud metadata, or name the ranges',
      ])
      expect(messages('TI001', egressTo('{cidr: "2001:db8::/32"}'))[0]).to.match(/^2001:db8::\/32 holds 2\^96 addresses; name the ranges/)
    })
    it('is pointed out in a NetworkPolicy, too, and so is a rule that names nobody', () => {
      const spec =
        '{podSelector: {app: web}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 80}]}, {ports: [{port: 81}]}]}'
      expect(places('TI001', policyYaml('shop/web', spec.replace('{app: web}', '{matchLabels: {app: web}}')))).to.deep.equal([
        'NetworkPolicy shop/web spec.ingress[0].from[0].ipBlock',
        'NetworkPolicy shop/web spec.ingress[1]',
      ])
    })
  })

  describe('TI002, a range that covers the cluster', () => {
    const ten = egressTo('{cidr: 10.244.0.0/16}')
    it('is pointed out by the address of a pod, of a Service, and by the configured ranges', () => {
      const others = [
        podYaml('other/web', '{}', { addresses: ['10.244.1.2'] }),
        serviceYaml('other/web', '{clusterIP: 10.244.9.9, ports: [{port: 80}]}'),
        CONFIGURATION('cluster: {ranges: [10.244.128.0/17]}'),
      ]
      for (const other of others) expect(places('TI002', ten + other), other).to.deep.equal([`${AT}.egress[0].to[0].cidr`])
    })
    it('is none when all of the cluster is elsewhere, or taken out', () => {
      const pods = podYaml('other/web', '{}', { addresses: ['10.245.1.2'] })
      expect(places('TI002', ten + pods + CONFIGURATION('cluster: {ranges: [10.96.0.0/12]}'))).to.deep.equal([])
      const without = egressTo('{cidr: 10.240.0.0/12, except: [10.244.0.0/16]}')
      expect(places('TI002', without + podYaml('other/web', '{}', { addresses: ['10.244.1.2'] }))).to.deep.equal([])
    })
    it('is preset Internet in a cluster with public addresses that nobody has configured', () => {
      const pods = podYaml('other/web', '{}', { addresses: ['8.8.4.4'] })
      expect(messages('TI002', egressTo('{preset: Internet}') + pods)[0]).to.include(
        "add its ranges to cluster.ranges of the operator's configuration",
      )
      expect(places('TI002', egressTo('{preset: Internet}') + pods + CONFIGURATION('cluster: {ranges: [8.8.4.0/24]}'))).to.deep.equal([])
    })
    it('is not a pod in the network of its node', () => {
      expect(places('TI002', ten + podYaml('other/web', '{}', { addresses: ['10.244.1.2'], more: 'hostNetwork: true, ' }))).to.deep.equal(
        [],
      )
    })
  })

  describe('TI003, every port', () => {
    it('is opened by a rule without ports, and by no other', () => {
      expect(places('TI003', egressTo('{podSelector: {}}', ''))).to.deep.equal([`${AT}.egress[0]`])
      expect(places('TI003', egressTo('{podSelector: {}}'))).to.deep.equal([])
    })
    it('is not what DNS and the API server open, which bring their ports, nor what intraTenant is for', () => {
      const dns = serviceYaml(
        'kube-system/kube-dns',
        '{clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP}]}',
      )
      expect(places('TI003', egressTo('{preset: DNS}', '') + dns)).to.deep.equal([])
      expect(places('TI003', tenant('{intraTenant: Tenant}'))).to.deep.equal([])
    })
  })

  describe('TI004, one family of addresses', () => {
    const dual = podYaml('other/web', '{}', { addresses: ['10.244.1.2', 'fd00::2'] })
    it('is pointed out where the cluster has both', () => {
      expect(places('TI004', egressTo('{cidr: 192.0.2.0/24}') + dual)).to.deep.equal([`${AT}.egress[0]`])
      expect(messages('TI004', egressTo('{cidr: "2001:db8::/64"}') + dual)[0]).to.include('add the IPv4 ranges')
    })
    it('is fine where the cluster has one, and where the rule, or another one for the same pods and ports, names the other', () => {
      expect(places('TI004', egressTo('{cidr: 192.0.2.0/24}') + podYaml('other/web', '{}', { addresses: ['10.244.1.2'] }))).to.deep.equal(
        [],
      )
      expect(places('TI004', egressTo('{cidr: 192.0.2.0/24}, {cidr: "2001:db8::/64"}') + dual)).to.deep.equal([])
      const two =
        '{egress: [{name: a, to: [{cidr: 192.0.2.0/24}], ports: [{port: 443}]}, {name: b, to: [{cidr: "2001:db8::/64"}], ports: [{port: 443}]}]}'
      expect(places('TI004', tenant(two) + dual)).to.deep.equal([])
      expect(places('TI004', tenant(two.replace('443}]}]}', '80}]}]}')) + dual)).to.deep.equal([`${AT}.egress[0]`, `${AT}.egress[1]`])
    })
  })

  describe('TI005, a one-sided grant', () => {
    const acme = (network: string) => tenant(network, { name: 'acme' })
    const asks = egressTo('{tenant: acme}')
    const lets = (ports = '[{port: 443}]') => acme(`{ingress: [{name: in, from: [{tenant: manning}], ports: ${ports}}]}`)
    it('is egress to a tenant that does not list us in ingress, and the reverse', () => {
      expect(places('TI005', SHOP + ACME + asks + acme('{}'))).to.deep.equal([`${AT}.egress[0].to[0]`])
      expect(places('TI005', SHOP + ACME + tenant('{}') + lets())).to.deep.equal(['TenantIsolation acme spec.network.ingress[0].from[0]'])
    })
    it('is none once both have agreed, by name or by the labels of namespaces', () => {
      expect(places('TI005', SHOP + ACME + asks + lets())).to.deep.equal([])
      const byLabels = acme('{ingress: [{name: in, from: [{namespaceSelector: {matchLabels: {tenant: manning}}}], ports: [{port: 443}]}]}')
      expect(places('TI005', SHOP + ACME + asks + byLabels)).to.deep.equal([])
      expect(
        places('TI005', SHOP + ACME + asks + acme('{ingress: [{name: in, from: [{preset: Cluster}], ports: [{port: 443}]}]}')),
      ).to.deep.equal([])
    })
    it('is both sides, when they agree on no port', () => {
      expect(places('TI005', SHOP + ACME + asks + lets('[{port: 80}]'))).to.deep.equal([
        'TenantIsolation acme spec.network.ingress[0].from[0]',
        `${AT}.egress[0].to[0]`,
      ])
    })
    it('is found without any namespace: the tenants of a pull request are enough', () => {
      expect(places('TI005', asks + acme('{}'), 'files')).to.deep.equal([`${AT}.egress[0].to[0]`])
      expect(places('TI005', asks + lets(), 'files')).to.deep.equal([])
    })
    it('is none where the other side closes nothing, or a policy of its own lets us in', () => {
      expect(places('TI005', SHOP + ACME + asks + acme('{mode: Disabled}'))).to.deep.equal([])
      expect(places('TI005', SHOP + ACME + asks + acme('{defaultDeny: [Egress]}'))).to.deep.equal([])
      const own = policyYaml('web/in', '{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {tenant: manning}}}]}]}')
      expect(places('TI005', SHOP + ACME + asks + acme('{}') + own)).to.deep.equal([])
    })
    it('is no peer that means every namespace', () => {
      expect(places('TI005', SHOP + ACME + egressTo('{preset: Cluster}') + acme('{}'))).to.deep.equal([])
    })
    it('says who has to write what', () => {
      expect(messages('TI005', SHOP + ACME + asks + acme('{}'))).to.deep.equal([
        'lists tenant acme, and no ingress rule of TenantIsolation acme lets manning in on TCP 443: nothing passes; ask for a rule with from: [{tenant: manning}] there, or take this one away',
      ])
    })
  })

  describe('TI006, what selects nothing', () => {
    const pods = podYaml('shop/web', '{app: web}')
    const rule = (fields: string) => tenant(`{ingress: [{name: in, ${fields}, ports: [{port: 80}]}]}`)
    it('is a rule for pods that are not there, and a peer that no pod is', () => {
      const misspelt = rule('appliesTo: {podSelector: {matchLabels: {app: wbe}}}, from: [{podSelector: {matchLabels: {app: web}}}]')
      expect(places('TI006', SHOP + pods + misspelt)).to.deep.equal([`${AT}.ingress[0].appliesTo.podSelector`])
      const stranger = rule('appliesTo: {podSelector: {matchLabels: {app: web}}}, from: [{podSelector: {matchLabels: {app: wbe}}}]')
      expect(places('TI006', SHOP + pods + stranger)).to.deep.equal([`${AT}.ingress[0].from[0]`])
    })
    it('is a tenant that nobody has created, or namespaces that nobody has labelled', () => {
      expect(places('TI006', SHOP + rule('from: [{tenant: acme}]'))).to.deep.equal([`${AT}.ingress[0].from[0]`])
      expect(places('TI006', SHOP + rule('from: [{namespaceSelector: {matchLabels: {team: x}}}]'))).to.deep.equal([
        `${AT}.ingress[0].from[0]`,
      ])
      const within = rule('appliesTo: {namespaceSelector: {matchLabels: {team: x}}}, from: [{podSelector: {}}]')
      expect(places('TI006', SHOP + within)).to.deep.equal([`${AT}.ingress[0].appliesTo.namespaceSelector`])
      expect(places('TI006', tenant('{}'))).to.deep.equal(['TenantIsolation manning spec.namespaceSelector'])
    })
    it('is not said for want of input: of empty namespaces, and of files without any pod or without a list of all namespaces', () => {
      const some = rule('appliesTo: {podSelector: {matchLabels: {app: wbe}}}, from: [{namespaceSelector: {matchLabels: {team: x}}}]')
      expect(places('TI006', SHOP + rule('appliesTo: {podSelector: {matchLabels: {app: wbe}}}, from: [{podSelector: {}}]'))).to.deep.equal(
        [],
      )
      expect(places('TI006', SHOP + some, 'files')).to.deep.equal([])
      expect(places('TI006', some, 'files')).to.deep.equal([])
      const within = rule('appliesTo: {namespaceSelector: {matchLabels: {team: x}}}, from: [{podSelector: {}}]')
      expect(places('TI006', SHOP + within, 'files')).to.deep.equal([])
      expect(places('TI006', SHOP + namespace('kube-system') + some, 'files')).to.deep.equal([`${AT}.ingress[0].from[0]`])
    })
    it('is a NetworkPolicy for no pod', () => {
      expect(places('TI006', SHOP + pods + policyYaml('shop/p', '{podSelector: {matchLabels: {app: x}}}'))).to.deep.equal([
        'NetworkPolicy shop/p spec.podSelector',
      ])
    })
  })

  describe('TI007, a rule that another one implies', () => {
    const two = (a: string, b: string) => tenant(`{ingress: [{name: a, ${a}}, {name: b, ${b}}]}`)
    const web = 'appliesTo: {podSelector: {matchLabels: {app: web}}}, from: [{podSelector: {matchLabels: {app: x}}}], ports: [{port: 80}]'
    it('is one with fewer pods, fewer peers or fewer ports', () => {
      const wider = [
        'from: [{podSelector: {matchLabels: {app: x}}}], ports: [{port: 80}]',
        'appliesTo: {podSelector: {matchLabels: {app: web}}}, from: [{podSelector: {}}], ports: [{port: 80}]',
        'appliesTo: {podSelector: {matchLabels: {app: web}}}, from: [{preset: Cluster}], ports: [{port: 80}]',
        'appliesTo: {podSelector: {matchLabels: {app: web}}}, from: [{podSelector: {matchLabels: {app: x}}}, {cidr: 192.0.2.0/24}]',
        'appliesTo: {podSelector: {matchLabels: {app: web}}}, from: [{podSelector: {matchLabels: {app: x}}}], ports: [{port: 1, endPort: 100}]',
      ]
      for (const one of wider) {
        expect(places('TI007', two(web, one)), one).to.deep.equal([`${AT}.ingress[0]`])
        expect(places('TI007', two(one, web)), one).to.deep.equal([`${AT}.ingress[1]`])
      }
    })
    it('is the second of two that say the same', () => {
      expect(places('TI007', two(web, web))).to.deep.equal([`${AT}.ingress[1]`])
    })
    it('is a range inside another one, and what intraTenant allows anyway', () => {
      const ranges = two('from: [{cidr: 192.0.2.0/24}], ports: [{port: 80}]', 'from: [{cidr: 192.0.2.128/25}], ports: [{port: 80}]')
      expect(places('TI007', ranges)).to.deep.equal([`${AT}.ingress[1]`])
      const inside = tenant(`{intraTenant: Namespace, ingress: [{name: a, ${web}}]}`)
      expect(places('TI007', inside)).to.deep.equal([`${AT}.ingress[0]`])
    })
    it('is none that allows a little more', () => {
      const others = [
        web.replace('80', '81'),
        web.replace('app: web', 'app: api'),
        web.replace('app: x', 'app: z'),
        web.replace('{port: 80}', '{port: 80, protocol: UDP}'),
        web.replace('{port: 80}', '{port: http}'),
        web.replace(
          '{podSelector: {matchLabels: {app: x}}}',
          '{podSelector: {matchLabels: {app: x}}, namespaceSelector: {matchLabels: {a: b}}}',
        ),
      ]
      for (const other of others) expect(places('TI007', two(web, other)), other).to.deep.equal([])
    })
    it('is found among the policies of a namespace as well', () => {
      const policy = (name: string, port: string) =>
        policyYaml(`shop/${name}`, `{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}], ports: [${port}]}]}`)
      expect(places('TI007', policy('a', '{port: 80}') + policy('b', '{port: 1, endPort: 90}'))).to.deep.equal([
        'NetworkPolicy shop/a spec.ingress[0]',
      ])
    })
  })

  describe('TI008, the network of the node', () => {
    const with_ = (podSecurity: string) => tenant('{}', { podSecurity })
    const profile = (fields: string) => `{profiles: [{name: p, subjects: [{kind: User, name: bob}], ${fields}}]}`
    it('is open to everybody without podSecurity, or while it refuses nobody', () => {
      expect(places('TI008', SHOP + with_(''))).to.deep.equal(['TenantIsolation manning spec.podSecurity'])
      expect(places('TI008', SHOP + with_(profile('preset: Basic').replace('{', '{mode: Warn, ')))).to.deep.equal([
        'TenantIsolation manning spec.podSecurity.mode',
      ])
    })
    it('is open by profiles that say so, and the message names to whom', () => {
      for (const fields of [
        'preset: Privileged',
        'preset: Custom, rules: {hostNetwork: true}',
        'preset: Custom, rules: {hostPorts: [{min: 80, max: 81}]}',
      ]) {
        expect(places('TI008', SHOP + with_(profile(fields))), fields).to.deep.equal([
          'TenantIsolation manning spec.podSecurity.profiles[0]',
        ])
      }
      expect(messages('TI008', SHOP + with_(profile('preset: Privileged')))[0]).to.include(
        'lets User bob start pods with the network of their node',
      )
    })
    it('names the pods that are there', () => {
      const agent = podYaml('shop/agent', '{}', { more: 'hostNetwork: true, ' })
      expect(messages('TI008', SHOP + agent + with_(''))[0]).to.include('(as for shop/agent)')
    })
    it('is closed by other profiles, and by Pod Security Admission in every namespace', () => {
      for (const preset of ['Basic', 'Baseline', 'Restricted'])
        expect(places('TI008', SHOP + with_(profile(`preset: ${preset}`)))).to.deep.equal([])
      const standard = namespace('shop', '{tenant: manning, pod-security.kubernetes.io/enforce: baseline}')
      expect(places('TI008', standard + with_(''))).to.deep.equal([])
      expect(places('TI008', standard + namespace('other', '{tenant: manning}') + with_(''))).to.deep.equal([
        'TenantIsolation manning spec.podSecurity',
      ])
    })
    it('matters to nobody whose network is not isolated', () => {
      expect(places('TI008', SHOP + tenant('{mode: Disabled}', { podSecurity: '' }))).to.deep.equal([])
    })
  })

  describe('TI009, a Service that leads in', () => {
    it('is one of type NodePort or LoadBalancer in an isolated namespace', () => {
      for (const type of ['NodePort', 'LoadBalancer']) {
        expect(places('TI009', SHOP + tenant('{}') + serviceYaml('shop/web', `{type: ${type}}`))).to.deep.equal([
          'Service shop/web spec.type',
        ])
      }
      const byPolicy = policyYaml('shop/deny', '{podSelector: {}}')
      expect(places('TI009', byPolicy + serviceYaml('shop/web', '{type: NodePort}'))).to.deep.equal(['Service shop/web spec.type'])
    })
    it('is no other type, and no other namespace', () => {
      expect(places('TI009', SHOP + tenant('{}') + serviceYaml('shop/web', '{type: ClusterIP}'))).to.deep.equal([])
      expect(places('TI009', SHOP + tenant('{}') + serviceYaml('other/web', '{type: NodePort}'))).to.deep.equal([])
    })
    it('says what externalTrafficPolicy has to do with it', () => {
      const local = serviceYaml('shop/web', '{type: NodePort, externalTrafficPolicy: Local}')
      expect(messages('TI009', SHOP + tenant('{}') + local)[0]).not.to.include('set externalTrafficPolicy to Local')
    })
  })

  describe('TI010, a direction that is left open', () => {
    it('is the one that defaultDeny does not list', () => {
      expect(places('TI010', tenant('{defaultDeny: [Ingress]}'))).to.deep.equal([`${AT}.defaultDeny`])
      expect(messages('TI010', tenant('{defaultDeny: [Ingress]}'))[0]).to.include('leaves egress open')
      expect(messages('TI010', tenant('{defaultDeny: [Egress]}'))[0]).to.include('leaves ingress open')
      expect(places('TI010', tenant('{}'))).to.deep.equal([])
    })
    it('is the other one of a default deny by a NetworkPolicy, for as long as no policy closes it', () => {
      const deny = policyYaml('shop/deny', '{podSelector: {}}')
      expect(places('TI010', deny)).to.deep.equal(['NetworkPolicy shop/deny spec.policyTypes'])
      expect(places('TI010', deny + policyYaml('shop/egress', '{podSelector: {}, policyTypes: [Egress]}'))).to.deep.equal([])
      expect(places('TI010', policyYaml('shop/deny', '{podSelector: {}, policyTypes: [Ingress, Egress]}'))).to.deep.equal([])
      expect(places('TI010', SHOP + tenant('{}') + deny)).to.deep.equal([])
    })
    it('names the pods that no policy holds back', () => {
      const pods = podYaml('shop/web', '{app: web}') + podYaml('shop/db', '{app: db}')
      const deny = policyYaml('shop/deny', '{podSelector: {}}')
      const web = policyYaml('shop/web', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}')
      expect(messages('TI010', deny + pods + web)).to.deep.equal([
        'closes ingress and leaves egress open: shop/db may connect to anywhere that is not closed on the other side; write policyTypes: [Ingress, Egress], with a rule for DNS beside it',
      ])
      expect(places('TI010', deny + pods + web + web.replace('name: web', 'name: db').replace('app: web', 'app: db'))).to.deep.equal([])
    })
  })

  describe("TI011, somebody else's policy", () => {
    const all = SHOP + podYaml('shop/web', '{app: web}') + podYaml('other/x', '{}') + tenant('{}')
    it('is pointed out for the flows that it opens', () => {
      const open = policyYaml('shop/open', '{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]}')
      expect(places('TI011', all + open)).to.deep.equal(['NetworkPolicy shop/open'])
      expect(messages('TI011', all + open)[0]).to.match(
        /^opens what the rules of TenantIsolation manning keep closed: other to shop \(TCP 80\);/,
      )
    })
    it('is pointed out for what it opens to the outside', () => {
      const open = policyYaml(
        'shop/open',
        '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 443}]}]}',
      )
      expect(messages('TI011', all + open)[0]).to.include('shop to addresses outside the cluster (TCP 443)')
    })
    it('is fine when it opens nothing that is not open anyway', () => {
      expect(places('TI011', all + policyYaml('shop/deny', '{podSelector: {}}'))).to.deep.equal([])
      expect(places('TI011', all + policyYaml('other/open', '{podSelector: {}, ingress: [{}]}'))).to.deep.equal([])
    })
  })
})
