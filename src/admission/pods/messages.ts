/** admission/pods/messages.ts — what a refusal says. */

import { type Cel, cel, concat, or, variable } from '../cel.ts'
import type { Validation, Variable } from '../policy.ts'
import { mayUse, misfits, profileAt, SLOTS, taken } from './profiles.ts'

export type Wording = {
  /** "the pod" or what will make it. */
  readonly subject: string
  /** CEL for a part of a sentence: "neither user x nor service account y may use". */
  readonly nobodyMayUse: Cel
}

const why = (slot: number) => variable('why', slot)
const fitting = variable('fitting')
const hint = variable('hint')

/**
 * A messageExpression has no authorizer, and of several failed validations only the first reaches the user: so the one about the first
 * profile that may be used speaks of the later ones, too. What fits without being admitted is what may not be used.
 */
export function messageVariables({ nobodyMayUse }: Wording): readonly Variable[] {
  return [
    {
      name: 'fitting',
      expression: concat(
        SLOTS.map((slot) => cel`(${taken(slot)} && size(${misfits(slot)}) == 0 ? ['"' + ${profileAt(slot)}.name + '"'] : [])`),
      ),
    },
    {
      name: 'hint',
      expression: cel`size(${fitting}) == 0 ? '' :
  '. It would fit profile ' + ${fitting}.join(' or ') + ', which ' + ${nobodyMayUse}`,
    },
    ...SLOTS.map((slot) => ({
      name: `why${slot}`,
      expression: cel`!(${taken(slot)}) || size(${misfits(slot)}) == 0 ? [''].filter(s, false) :
  ['profile "' + ${profileAt(slot)}.name + '": ' + ${brief(slot)}]`,
    })),
  ]
}

export function validations({ subject, nobodyMayUse }: Wording): readonly Validation[] {
  const mayUseNone = cel`${nobodyMayUse} + ' a pod security profile of tenant ' + params.metadata.name`
  return [
    ...SLOTS.map((slot) => ({
      expression: cel`${variable('admitted')} || !${mayUse(slot)}`,
      messageExpression: withinLimits(
        cel`${`${subject} does not fit `} + (${concat(SLOTS.slice(slot).map(why))}).join('. Nor does it fit ') + ${hint}`,
      ),
      message: `${subject} does not fit a pod security profile that may be used`,
    })),
    {
      expression: cel`${variable('admitted')} || ${or(...SLOTS.map(mayUse))}`,
      messageExpression: withinLimits(cel`${mayUseNone} + ${hint}`),
      message: 'no pod security profile of this tenant may be used',
    },
  ]
}

/** As much as a person reads of one profile. */
const LONGEST = 500

function brief(slot: number): Cel {
  const text = cel`${misfits(slot)}.join('; ')`
  return cel`(size(${text}) > ${LONGEST} ? ${text}.substring(0, ${LONGEST}) + '... (' + string(size(${misfits(slot)})) + ' findings)' : ${text})`
}

/** A message of more than 5 KiB is thrown away (MaxEvaluatedMessageExpressionSizeBytes); a character has up to four bytes. */
function withinLimits(text: Cel): Cel {
  return cel`[${text}].map(s, size(bytes(s)) > 5000 ? s.substring(0, 1200) + '...' : s)[0]`
}
