/** api/pod-security/host.ts — the part of a profile's rules that is about the node, its kernel and its runtime. */

import { z } from 'zod'
import { atLeastOne, constrained, listType } from '../constraint.ts'
import { portRanges } from './ranges.ts'

/** PodSecurityPolicy's patterns (validation.go SysctlPatternFmt), with the slash form that Kubernetes takes today left out: it means the same. */
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[.])*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]$/

const sysctlPatterns = constrained(
  listType(
    z
      .array(
        z.string().max(128).regex(SYSCTL, `should match '${SYSCTL.source}': the name of a sysctl with dots, or a prefix with * behind it`),
      )
      .max(32),
    'set',
  ),
  {
    cel: "!('*' in self) || size(self) == 1",
    message: '* is every sysctl; nothing goes beside it',
    holds: (patterns) => !patterns.includes('*') || patterns.length === 1,
  },
)

const sysctls = constrained(
  z.strictObject({
    allowedUnsafe: sysctlPatterns
      .optional()
      .describe('Sysctls that a pod may set besides the safe ones; a * at the end is any rest. None unless said.'),
    forbidden: sysctlPatterns
      .optional()
      .describe('Sysctls that a pod may not set, not even if they are safe; a * at the end is any rest. None unless said.'),
  }),
  {
    cel: '!has(self.forbidden) || !has(self.allowedUnsafe) || !self.allowedUnsafe.exists(a, a in self.forbidden)',
    message: 'a sysctl cannot be both allowed and forbidden',
    holds: ({ allowedUnsafe = [], forbidden = [] }) => !allowedUnsafe.some((pattern) => forbidden.includes(pattern)),
  },
)

const ALLOWED_PROFILE = /^([*]|Unset|RuntimeDefault|Unconfined|Localhost[/].+)$/
const DEFAULT_PROFILE = /^(RuntimeDefault|Unconfined|Localhost[/][^*]+)$/

const profiles = ({ what, otherwise }: { readonly what: string; readonly otherwise: string }) =>
  constrained(
    z.strictObject({
      allowed: atLeastOne(
        listType(
          z
            .array(
              z
                .string()
                .max(253)
                .regex(ALLOWED_PROFILE, `should match '${ALLOWED_PROFILE.source}': Unset, RuntimeDefault, Unconfined, Localhost/FILE or *`),
            )
            .max(32),
          'set',
        ),
        'name at least one profile, such as RuntimeDefault',
      ).describe(
        `The ${what} profiles that containers may have: RuntimeDefault, Unconfined, Localhost/FILE, Localhost/* for every file, Unset for none at all, * for everything.`,
      ),
      default: z
        .string()
        .max(253)
        .regex(DEFAULT_PROFILE, `should match '${DEFAULT_PROFILE.source}': RuntimeDefault, Unconfined or Localhost/FILE`)
        .optional()
        .describe('What defaulting sets where a pod says nothing.'),
    }),
    {
      cel: "!has(self.default) || self.default in self.allowed || '*' in self.allowed || (self.default.startsWith('Localhost/') && 'Localhost/*' in self.allowed)",
      message: 'default must be one of the allowed profiles',
      holds: ({ allowed, default: text }) =>
        text === undefined ||
        allowed.includes(text) ||
        allowed.includes('*') ||
        (text.startsWith('Localhost/') && allowed.includes('Localhost/*')),
    },
  )
    .optional()
    .describe(`The ${what} profiles of containers. ${otherwise}`)

const runtimeClassName = z.string().min(1).max(253)

const runtimeClass = constrained(
  z.strictObject({
    allowed: listType(z.array(runtimeClassName).max(32), 'set').describe(
      'The runtime classes that a pod may name; * is every one, an empty list none. A pod without one is always fine.',
    ),
    default: runtimeClassName.optional().describe('What defaulting sets where a pod names none.'),
  }),
  {
    cel: "!has(self.default) || self.default in self.allowed || '*' in self.allowed",
    message: 'default must be one of the allowed runtime classes',
    holds: ({ allowed, default: name }) => name === undefined || allowed.includes(name) || allowed.includes('*'),
  },
  {
    cel: "!('*' in self.allowed) || size(self.allowed) == 1",
    message: '* is every runtime class; nothing goes beside it',
    holds: ({ allowed }) => !allowed.includes('*') || allowed.length === 1,
  },
)

const mayUseHost = (what: string) => z.boolean().optional().describe(`true: a pod may use the ${what} of its node. false unless said.`)

export const hostRules = {
  hostNetwork: mayUseHost('network'),
  hostPID: mayUseHost('process IDs'),
  hostIPC: mayUseHost('interprocess communication'),
  hostPorts: portRanges
    .optional()
    .describe(
      'The ports of the node that containers may take. In a pod with hostNetwork every port of its containers counts. None unless said.',
    ),
  hostUsers: z
    .enum(['Any', 'MustBeFalse'])
    .optional()
    .describe('MustBeFalse: a pod must have a user namespace of its own, hostUsers: false. Any unless said.'),
  sysctls: sysctls.optional().describe('The sysctls that a pod may set. Those that Kubernetes calls safe unless said.'),
  procMountTypes: atLeastOne(
    listType(z.array(z.enum(['Default', 'Unmasked', 'UnmaskedInUserNamespace'])).max(3), 'set'),
    'name at least one type; Default is what containers have that say nothing',
  )
    .optional()
    .describe('How /proc may be mounted; UnmaskedInUserNamespace is Unmasked where the pod says hostUsers: false. Default unless said.'),
  seccomp: profiles({ what: 'seccomp', otherwise: 'Unset and RuntimeDefault unless said.' }),
  appArmor: profiles({ what: 'AppArmor', otherwise: 'Any unless said.' }),
  runtimeClass: runtimeClass.optional().describe('The runtime classes of pods. Any unless said.'),
  windowsHostProcess: z.boolean().optional().describe('true: Windows containers may be host processes. false unless said.'),
  probeHosts: z
    .enum(['Any', 'Forbidden'])
    .optional()
    .describe('Forbidden: probes and lifecycle hooks may not name a host, which the node would connect to. Forbidden unless said.'),
}
