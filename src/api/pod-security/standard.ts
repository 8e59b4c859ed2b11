/** api/pod-security/standard.ts — spec.podSecurity.standard: the labels of Pod Security Admission, set and kept. */

import { z } from 'zod'
import { constrained, matching } from '../constraint.ts'

/** What Pod Security Admission does with a pod that breaks a standard; each has a label of its name, and one for the version. */
export const STANDARD_MODES = ['enforce', 'audit', 'warn'] as const

const level = z.enum(['privileged', 'baseline', 'restricted'])
const version = matching(z.string().max(16), /^(latest|v1[.](0|[1-9][0-9]*))$/, 'write latest, or a version of Kubernetes such as v1.36')

const PINNED = 'The version of the standard, such as v1.36: what newer ones add is not asked for. latest unless said.'

export const standard = constrained(
  z.strictObject({
    enforce: level.optional().describe('Pods that break this standard are refused.'),
    enforceVersion: version.optional().describe(PINNED),
    audit: level.optional().describe('Pods that break this standard are noted in the audit log.'),
    auditVersion: version.optional().describe(PINNED),
    warn: level.optional().describe('Whoever creates pods that break this standard is warned.'),
    warnVersion: version.optional().describe(PINNED),
  }),
  {
    cel: STANDARD_MODES.map((mode) => `has(self.${mode})`).join(' || '),
    message: 'name at least one of enforce, audit and warn; leave standard out when there is nothing to keep',
    holds: (standard) => STANDARD_MODES.some((mode) => standard[mode] !== undefined),
  },
  {
    cel: STANDARD_MODES.map((mode) => `(!has(self.${mode}Version) || has(self.${mode}))`).join(' && '),
    message: 'a version goes with its standard: enforceVersion with enforce, auditVersion with audit, warnVersion with warn',
    holds: (standard) => STANDARD_MODES.every((mode) => standard[`${mode}Version`] === undefined || standard[mode] !== undefined),
  },
)
export type Standard = z.output<typeof standard>
