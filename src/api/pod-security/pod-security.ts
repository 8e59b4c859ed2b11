/** api/pod-security/pod-security.ts — spec.podSecurity: what pods may ask for, and who may create them. */

import { z } from 'zod'
import { constrained, listType } from '../constraint.ts'
import { dnsLabel } from '../network.ts'
import { PRESETS, STANDARDS_VERSION } from './presets.ts'
import { rules } from './rules.ts'
import { standard } from './standard.ts'
import { CEL_HAS_BROAD_SUBJECT, isBroad, subjects } from './subjects.ts'

/** One admission policy asks the authorizer for each profile, and its budget allows no more (admission/profiles.ts). */
export const MAX_PROFILES = 8

const profile = constrained(
  z.strictObject({
    name: dnsLabel.describe('Unique within the resource; part of the name under which RBAC knows the profile: TENANT.PROFILE.'),
    preset: z
      .enum(PRESETS)
      .describe(
        `Privileged: no rules. Basic: no host namespaces, ports or paths, nothing privileged, no added capabilities. Baseline, Restricted: the Pod Security Standards ${STANDARDS_VERSION}. Custom: rules.`,
      ),
    rules: rules.optional().describe('With Custom: what pods may ask for.'),
    subjects: subjects.describe(
      'Who may use the profile: the service account of a pod, or else who creates the pod. Pods of a Deployment are created by a controller: grant their service account.',
    ),
    allowBroadSubjects: z
      .boolean()
      .optional()
      .describe('true: privileged containers may be given to everybody in the cluster. false unless said.'),
  }),
  {
    cel: "(self.preset == 'Custom') == has(self.rules)",
    message: 'rules is required with the preset Custom, and left out with any other',
    holds: ({ preset, rules }) => (preset === 'Custom') === (rules !== undefined),
  },
  {
    cel: `!(self.preset == 'Privileged' || (has(self.rules) && has(self.rules.privileged) && self.rules.privileged)) || (has(self.allowBroadSubjects) && self.allowBroadSubjects) || !${CEL_HAS_BROAD_SUBJECT}`,
    message:
      'privileged containers may not be given to everybody in the cluster; name users, groups or service accounts, or set allowBroadSubjects to insist',
    holds: ({ preset, rules, allowBroadSubjects, subjects }) =>
      !(preset === 'Privileged' || rules?.privileged) || allowBroadSubjects === true || !subjects.some(isBroad),
  },
)
export type Profile = z.output<typeof profile>

export const POD_SECURITY_MODES = ['Enforce', 'Warn', 'Audit', 'Disabled'] as const
export const podSecurity = z.strictObject({
  mode: z
    .enum(POD_SECURITY_MODES)
    .optional()
    .describe(
      'Enforce: a pod that fits no profile is refused. Warn: its creator is warned, and the audit log notes it. Audit: the audit log alone. Disabled: no pod is looked at. Enforce unless said.',
    ),
  defaulting: z
    .enum(['Enabled', 'Disabled'])
    .optional()
    .describe(
      'Enabled: with mode Enforce, what a profile demands and a pod does not say is written into the pod, as PodSecurityPolicy did. Needs Kubernetes 1.36. Disabled unless said.',
    ),
  workloads: z
    .enum(['Warn', 'Deny', 'Ignore'])
    .optional()
    .describe(
      'What happens to a Deployment, Job or other workload whose pods would be refused. Deny only refuses with mode Enforce. Warn unless said.',
    ),
  standard: standard
    .optional()
    .describe(
      "The labels of Pod Security Admission on the tenant's namespaces, kept as written here whatever mode says. Left out: they are left alone.",
    ),
  profiles: constrained(listType(z.array(profile).max(MAX_PROFILES), { mapKey: 'name' }), {
    cel: 'size(self) > 0',
    message: 'name at least one profile; without one, no pod could be created at all',
    holds: (profiles) => profiles.length > 0,
  }).describe(
    'What pods may ask for, and who may create them. A pod needs one profile that all of it fits and that its service account or its creator may use.',
  ),
})
export type PodSecurity = z.output<typeof podSecurity>
