/** api/pod-security/rules.ts — what a profile allows: every field of PodSecurityPolicy, and what pods have learned since. */

import { z } from 'zod'
import { constrained } from '../constraint.ts'
import { hostRules } from './host.ts'
import { DEFAULT_ESCALATION_IS_ALLOWED, processRules } from './processes.ts'
import { HOST_PATHS_NEED_HOST_PATH, volumeRules } from './volumes.ts'

/**
 * As in PodSecurityPolicy, what is left out is denied where it gives something away (privileged, host namespaces, ports, capabilities),
 * and free where it only restricts (users, groups, SELinux).
 */
export const rules = constrained(
  z.strictObject({ ...hostRules, ...processRules, ...volumeRules }),
  DEFAULT_ESCALATION_IS_ALLOWED,
  HOST_PATHS_NEED_HOST_PATH,
)
export type Rules = z.output<typeof rules>
export type RuleField = keyof Rules
