/** api/pod-security/processes.ts — the part of a profile's rules that is about what a process may be and do. */

import { z } from 'zod'
import { constrained, listType } from '../constraint.ts'
import { idRule } from './ranges.ts'

const CAPABILITY = /^[A-Z][A-Z0-9_]{0,31}$/
const A_CAPABILITY = 'write a capability in capital letters and without CAP_, such as SYS_TIME'

const isCapability = (name: string) => CAPABILITY.test(name) && !name.startsWith('CAP_')
const CEL_IS_CAPABILITY = `self.matches('${CAPABILITY.source}') && !self.startsWith('CAP_')`

const capability = constrained(z.string().max(32), { cel: CEL_IS_CAPABILITY, message: A_CAPABILITY, holds: isCapability })
const capabilityOrAll = constrained(z.string().max(32), {
  cel: `self == '*' || (${CEL_IS_CAPABILITY})`,
  message: `${A_CAPABILITY}, or * for every one`,
  holds: (name) => name === '*' || isCapability(name),
})
const MAX_CAPABILITIES = 64

const overlaps = (a: readonly string[] = [], b: readonly string[] = []) => a.some((name) => b.includes(name))

const capabilities = constrained(
  z.strictObject({
    allowed: listType(z.array(capabilityOrAll).max(MAX_CAPABILITIES), 'set')
      .optional()
      .describe('What a container may add. * switches all checks of capabilities off. Nothing unless said.'),
    defaultAdd: listType(z.array(capability).max(MAX_CAPABILITIES), 'set')
      .optional()
      .describe('What a container may add, too, and what defaulting adds unless the container drops it.'),
    requiredDrop: listType(z.array(capability).max(MAX_CAPABILITIES), 'set')
      .optional()
      .describe('What a container must drop. Dropping ALL is enough. Defaulting drops it.'),
  }),
  {
    cel: "!has(self.requiredDrop) || !has(self.allowed) || (!('*' in self.allowed) && !self.requiredDrop.exists(c, c in self.allowed))",
    message: 'a capability cannot be both allowed and required to be dropped',
    holds: ({ allowed = [], requiredDrop }) => requiredDrop === undefined || (!allowed.includes('*') && !overlaps(requiredDrop, allowed)),
  },
  {
    cel: '!has(self.requiredDrop) || !has(self.defaultAdd) || !self.requiredDrop.exists(c, c in self.defaultAdd)',
    message: 'a capability cannot be both added by default and required to be dropped',
    holds: ({ defaultAdd, requiredDrop }) => !overlaps(requiredDrop, defaultAdd),
  },
)

const seLinuxOption = (what: string) => z.string().max(128).optional().describe(`The SELinux ${what}.`)

const seLinux = constrained(
  z.strictObject({
    rule: z
      .enum(['RunAsAny', 'MustRunAs', 'ContainerTypes'])
      .describe(
        'RunAsAny: no rule. MustRunAs: exactly options. ContainerTypes: the types container_t, container_init_t, container_kvm_t and container_engine_t or none, without a user or a role, as in the Pod Security Standards.',
      ),
    options: z
      .strictObject({
        user: seLinuxOption('user'),
        role: seLinuxOption('role'),
        type: seLinuxOption('type'),
        level: seLinuxOption('level'),
      })
      .optional()
      .describe('With MustRunAs: what a pod and its containers must have. Defaulting sets it.'),
  }),
  {
    cel: "(self.rule == 'MustRunAs') == has(self.options)",
    message: 'options goes with the rule MustRunAs, and only with it',
    holds: ({ rule, options }) => (rule === 'MustRunAs') === (options !== undefined),
  },
)

const GROUP_RULES = {
  names: ['RunAsAny', 'MayRunAs', 'MustRunAs'],
  ranged: ['MayRunAs', 'MustRunAs'],
  text: 'RunAsAny: no rule. MustRunAs: it must be set, within ranges. MayRunAs: within ranges if it is set.',
} as const

export const processRules = {
  privileged: z.boolean().optional().describe('true: containers may be privileged. false unless said.'),
  allowPrivilegeEscalation: z
    .boolean()
    .optional()
    .describe('false: every container must say allowPrivilegeEscalation: false. Defaulting sets it. true unless said.'),
  defaultAllowPrivilegeEscalation: z
    .boolean()
    .optional()
    .describe('What defaulting writes into containers that say nothing. Nothing is demanded by it.'),
  readOnlyRootFilesystem: z
    .boolean()
    .optional()
    .describe('true: every container must have a read-only root filesystem. Defaulting sets it. false unless said.'),
  capabilities: capabilities.optional().describe('The Linux capabilities of containers. None may be added unless said.'),
  runAsUser: idRule({
    names: ['RunAsAny', 'MustRunAs', 'MustRunAsNonRoot', 'MustSayNonRoot'],
    ranged: ['MustRunAs'],
    text: 'RunAsAny: no rule. MustRunAs: a user ID must be set, within ranges. MustRunAsNonRoot: a user ID other than 0, or runAsNonRoot. MustSayNonRoot: runAsNonRoot, nowhere false, and no user ID 0, unless the pod has a user namespace, as in the Pod Security Standards.',
  })
    .optional()
    .describe('The user that containers run as. Any unless said.'),
  runAsGroup: idRule(GROUP_RULES).optional().describe('The group that containers run as. Any unless said.'),
  fsGroup: idRule(GROUP_RULES).optional().describe('The group that owns the volumes of a pod. Any unless said.'),
  supplementalGroups: idRule(GROUP_RULES).optional().describe('Further groups of the processes of a pod. Any unless said.'),
  supplementalGroupsPolicy: z
    .enum(['Any', 'Strict'])
    .optional()
    .describe('Strict: a pod must say supplementalGroupsPolicy: Strict, so that groups in its images do not count. Any unless said.'),
  seLinux: seLinux.optional().describe('The SELinux options of a pod and its containers. Any unless said.'),
}

type ProcessRules = {
  readonly allowPrivilegeEscalation?: boolean | undefined
  readonly defaultAllowPrivilegeEscalation?: boolean | undefined
}

export const DEFAULT_ESCALATION_IS_ALLOWED = {
  cel: '!has(self.defaultAllowPrivilegeEscalation) || !self.defaultAllowPrivilegeEscalation || !has(self.allowPrivilegeEscalation) || self.allowPrivilegeEscalation',
  message: 'defaultAllowPrivilegeEscalation cannot be true while allowPrivilegeEscalation is false',
  holds: ({ allowPrivilegeEscalation, defaultAllowPrivilegeEscalation }: ProcessRules) =>
    defaultAllowPrivilegeEscalation !== true || allowPrivilegeEscalation !== false,
}
