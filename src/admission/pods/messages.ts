/** admission/pods/messages.ts — what a refusal says. */

import { type Cel, cel, concat, or, variable } from '../cel.ts'
import type { Validation, Variable } from '../policy.ts'
import {
  controllerMayUse,
  fits,
  mayUse,
  misfits,
  misfitVariables,
  profileAt,
  type Requester,
  SLOTS,
  serviceAccount,
  taken,
} from './profiles.ts'

export type Wording = {
  /** "the pod" or what will make it. */
  readonly subject: string
  /** CEL for a part of a sentence: "neither user x nor service account y may use". */
  readonly nobodyMayUse: Cel
  readonly requester: Requester
}

/** What does not fit the profile, and what does not fit those behind it. */
const why = (slot: number) => variable('why', slot)
const hint = variable('hint')
const promised = variable('promised')

/** Whether the resource grants the profile to the service account, or to the user. */
function grants(slot: number, requester: Requester): Cel {
  const groups = cel`s.name == 'system:serviceaccounts' || s.name == 'system:serviceaccounts:' + request.namespace`
  const account = cel`s.kind == 'ServiceAccount' && s.?namespace.orValue('') == request.namespace && s.name == ${serviceAccount} || s.kind == 'Group' && (${groups})`
  const user = cel`s.kind == 'User' && s.name == request.userInfo.username || s.kind == 'Group' && s.name in request.userInfo.?groups.orValue([])`
  return requester === 'user'
    ? cel`${profileAt(slot)}.subjects.exists(s, ${user} || ${account})`
    : or(controllerMayUse(slot), cel`${profileAt(slot)}.subjects.exists(s, ${account})`)
}

/**
 * A messageExpression has no authorizer, and of several failed validations only the first reaches the user: so the one about the first
 * profile that may be used speaks of the later ones, too. What fits without being admitted is what may not be used.
 */
export function messageVariables({ nobodyMayUse, requester }: Wording): readonly Variable[] {
  return [
    ...misfitVariables,
    // What the resource grants is about to be admitted, and needs no words. Only where RBAC does not know of the grant yet, they are missed.
    { name: 'promised', expression: or(...SLOTS.map((slot) => cel`${fits(slot)} && ${grants(slot, requester)}`)) },
    {
      name: 'hint',
      expression: cel`[${concat(SLOTS.map((slot) => cel`(${fits(slot)} ? ['"' + ${profileAt(slot)}.name + '"'] : [])`))}].map(names,
  size(names) == 0 ? '' : '. It would fit profile ' + names.join(' or ') + ', which ' + ${nobodyMayUse})[0]`,
    },
    // A variable can only be made of those before it.
    ...SLOTS.toReversed().map((slot) => ({
      name: `why${slot}`,
      expression: concat([
        cel`(!(${taken(slot)}) || ${fits(slot)} ? [''].filter(s, false) :
  ['profile "' + ${profileAt(slot)}.name + '": ' + ${brief(slot)}])`,
        ...(slot < SLOTS.length - 1 ? [why(slot + 1)] : []),
      ]),
    })),
  ]
}

/** The API server words the message of each validation for every pod, admitted or not: so what is not about to be shown says nothing. */
export function validations({ subject, nobodyMayUse }: Wording): readonly Required<Validation>[] {
  const mayUseNone = cel`${nobodyMayUse} + ' a pod security profile of tenant ' + params.metadata.name`
  return [
    ...SLOTS.map((slot) => ({
      expression: cel`${variable('admitted')} || !${mayUse(slot)}`,
      messageExpression: cel`!(${taken(slot)}) || ${fits(slot)} || ${promised} ? '' :
  ${withinLimits(cel`${`${subject} does not fit `} + ${why(slot)}.join('. Nor does it fit ') + ${hint}`)}`,
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
  return cel`[${misfits(slot)}].map(found, [found.join('; ')].map(s,
    size(s) > ${LONGEST} ? s.substring(0, ${LONGEST}) + '... (' + string(size(found)) + ' findings)' : s)[0])[0]`
}

/** A message of more than 5 KiB is thrown away (MaxEvaluatedMessageExpressionSizeBytes); a character has up to four bytes. */
function withinLimits(text: Cel): Cel {
  return cel`[${text}].map(s, size(bytes(s)) > 5000 ? s.substring(0, 1200) + '...' : s)[0]`
}
