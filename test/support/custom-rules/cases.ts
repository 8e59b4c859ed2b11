/** support/custom-rules/cases.ts — all of them. */

import type { Cases } from './case.ts'
import { CONFINEMENT } from './confinement.ts'
import { DEMANDING } from './demanding.ts'
import { HOST } from './host.ts'
import { HOSTILE } from './hostile.ts'
import { PROCESSES } from './processes.ts'
import { SILENCE } from './silence.ts'
import { VOLUMES } from './volumes.ts'

export const CASES: Cases = { ...HOST, ...VOLUMES, ...PROCESSES, ...CONFINEMENT, ...DEMANDING, ...HOSTILE, ...SILENCE }
