/** demo/stage.ts — what every act of the story plays with. */

import { resolve } from 'node:path'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import type { Observer } from './observer.ts'
import type { Operator } from './operator.ts'

/** The top of the checkout, from which file names in commands begin. */
export const ROOT = resolve(import.meta.dirname, '../..')

export type Say = (line: string) => void

export type Stage = {
  readonly controlPlane: ControlPlane
  readonly operator: Operator
  readonly observer: Observer
  readonly say: Say
}
