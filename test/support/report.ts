/** support/report.ts — reports by hand: a test says only what it is about. */

import type { Flow, Group, Report } from '../../src/cli/report/model.ts'

export function group(name: string, parts: Partial<Group> = {}): Group {
  const { namespaces = [{ name: `${name}-web`, pods: 2 }] } = parts
  return { kind: 'tenant', name, namespaces, pods: namespaces.reduce((sum, { pods }) => sum + pods, 0), about: '', ...parts }
}

export function outsideGroup(name: string, kind: 'platform' | 'outside' = 'outside'): Group {
  return group(name, { kind, namespaces: [] })
}

export function flow(from: number, to: number, parts: Partial<Flow> = {}): Flow {
  const nothing = { sure: '', depends: '', foreign: '' }
  const open = parts.depends || parts.foreign ? nothing : { ...nothing, sure: 'TCP 80' }
  return {
    from,
    to,
    aboutNodes: false,
    pairs: 1,
    allPairs: 4,
    between: [],
    moreBetween: 0,
    examples: [],
    moreExamples: false,
    ...open,
    ...parts,
  }
}

export function reportWith(parts: Partial<Report> = {}): Report {
  return { title: 'Who reaches whom', subtitle: 'Of files', groups: [], flows: [], findings: undefined, notes: [], ...parts }
}

/** Three tenants, DNS and the Internet: one flow between tenants, one that depends, one that a policy of somebody else opens. */
export function smallReport(parts: Partial<Report> = {}): Report {
  return reportWith({
    groups: [group('acme'), group('manning'), group('payments'), outsideGroup('DNS', 'platform'), outsideGroup('Internet')],
    flows: [
      flow(0, 0),
      flow(0, 3, { sure: 'TCP 53; UDP 53' }),
      flow(0, 4, { sure: 'TCP 443' }),
      flow(1, 0, {
        sure: 'TCP 8080',
        between: [{ from: 'manning-web', to: 'acme-web', sure: 'TCP 8080', depends: '', foreign: '' }],
        examples: [
          {
            from: 'manning-web/shop',
            to: 'acme-web/api',
            port: 'TCP 8080',
            answer: 'allow',
            because: [
              {
                side: 'egress',
                rule: 'egress/api of TenantIsolation manning',
                policy: 'manning-web/tenant-isolation spec.egress[1]',
                foreign: false,
              },
              {
                side: 'ingress',
                rule: 'ingress/shop of TenantIsolation acme',
                policy: 'acme-web/tenant-isolation spec.ingress[0]',
                foreign: false,
              },
            ],
            notes: [],
          },
        ],
      }),
      flow(1, 2, { depends: 'TCP 9090' }),
      flow(2, 1, { foreign: 'all ports' }),
    ],
    ...parts,
  })
}

/** Text that would run, or break out of where it stands, if somebody took it for markup. */
export const HOSTILE = [
  '</script><script>window.hacked = 1</script>',
  '<!--<script>',
  `"'><img src=x onerror="window.hacked = 2">`,
  '</text></svg><svg onload="window.hacked = 3">',
  '</style><style>* { display: none }',
  '</title><script>window.hacked = 4</script>',
  '&lt;b&gt; \u2028 \u0000 \u202e \ud800 ]]>',
]

/** All that comes from a cluster or from files is hostile. */
export function hostileReport(): Report {
  const [first = '', ...others] = HOSTILE
  const all = HOSTILE.join(' ')
  const small = smallReport()
  return {
    ...small,
    title: all,
    subtitle: all,
    notes: HOSTILE,
    groups: small.groups.map((one, index) => ({
      ...one,
      name: `${index} ${HOSTILE[index] ?? first}`,
      about: all,
      namespaces: HOSTILE.map((name) => ({ name, pods: 1 })),
    })),
    flows: small.flows.map((one) => ({
      ...one,
      sure: first,
      foreign: others[1] ?? '',
      between: HOSTILE.map((text) => ({ from: text, to: text, sure: text, depends: text, foreign: text })),
      examples: HOSTILE.map((text) => ({
        from: text,
        to: text,
        port: text,
        answer: 'allow',
        because: [{ side: 'egress', rule: text, policy: text, foreign: true }],
        notes: [text],
      })),
    })),
    findings: HOSTILE.map((text) => ({
      code: text,
      severity: 'error',
      message: text,
      object: text,
      field: text,
      doc: `javascript:${text}`,
    })),
  }
}
