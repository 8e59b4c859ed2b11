/** docs/from-podsecuritypolicy.md: every field has its row, and the converter prints what the page shows. */

import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { RULES } from '../../../src/admission/rules/rules.ts'
import { textOf } from '../../../src/cli/convert.ts'
import { convertPodSecurityPolicies } from '../../../src/convert/psp.ts'
import { blocks, codeIn, page, rows, sections } from '../../support/markdown.ts'

const PAGE = sections(page('docs/from-podsecuritypolicy.md'))
const TABLE = rows(PAGE.get('Field by field') ?? '')

/** policy/v1beta1 PodSecurityPolicySpec of Kubernetes 1.24, and the annotations that it went by. */
const POD_SECURITY_POLICY = [
  'allowPrivilegeEscalation',
  'allowedCSIDrivers',
  'allowedCapabilities',
  'allowedFlexVolumes',
  'allowedHostPaths',
  'allowedProcMountTypes',
  'allowedUnsafeSysctls',
  'apparmor.security.beta.kubernetes.io/allowedProfileNames',
  'defaultAddCapabilities',
  'defaultAllowPrivilegeEscalation',
  'forbiddenSysctls',
  'fsGroup',
  'hostIPC',
  'hostNetwork',
  'hostPID',
  'hostPorts',
  'privileged',
  'readOnlyRootFilesystem',
  'requiredDropCapabilities',
  'runAsGroup',
  'runAsUser',
  'runtimeClass',
  'seLinux',
  'seccomp.security.alpha.kubernetes.io/allowedProfileNames',
  'supplementalGroups',
  'volumes',
]

describe('docs/from-podsecuritypolicy.md', () => {
  it('has a row for every field of PodSecurityPolicy, and for none that it did not have', () => {
    const fields = TABLE.flatMap(([cell = '']) => codeIn(cell)).filter((field) => !field.startsWith('…'))
    expect(fields.sort()).to.deep.equal(POD_SECURITY_POLICY)
  })

  it('has a home for every rule of a profile, and names none that there is not', () => {
    const OPTIONS = ['allowed', 'default', 'options', 'seLinuxOptions']
    const named = TABLE.flatMap(([, cell = '']) => codeIn(cell).map((code) => code.split('.')[0] ?? ''))
    const fields = [...new Set(named)].filter((name) => !OPTIONS.includes(name))
    expect(fields.sort()).to.deep.equal(RULES.flatMap((rule) => rule.fields).sort())
  })

  it('shows what the converter prints', () => {
    const section = PAGE.get('The converter') ?? ''
    const [command = ''] = blocks(section, '')
    const [, file = '', name = '', key = '', value = ''] =
      /^\$ tenant-isolation convert psp -f (\S+) --name (\S+) --namespace-label (\S+)=(\S+)$/.exec(command.trim()) ?? []
    const documents = parseAllDocuments(page(file)).map((document) => document.toJS())
    const printed = textOf(convertPodSecurityPolicies(documents, { name, namespaceLabel: { key, value } }))
    expect(blocks(section, 'yaml')).to.deep.equal([printed])
  })
})
