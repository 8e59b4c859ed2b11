/** admission/guards/sentences.ts — how guards collect what is wrong: lists of sentences, empty when nothing is. */

import { type Cel, cel } from '../cel.ts'

/** One sentence if `condition` holds, none otherwise. */
export function sentence(condition: Cel, text: Cel): Cel {
  return cel`(${condition} ? [${text}] : [])`
}

/** All sentences of all lists. */
export function sentences(...lists: readonly Cel[]): Cel {
  return { cel: lists.map((list) => list.cel).join(' + ') }
}

/** Texts and expressions of type string, one after the other. */
export function text(...parts: readonly (Cel | string)[]): Cel {
  return { cel: parts.map((part) => cel`${part}`.cel).join(' + ') }
}

/**
 * A list of strings as one short text. Messages of more than 5 KiB are thrown away whole (apiserver pkg/apis/cel config.go,
 * MaxEvaluatedMessageExpressionSizeBytes), and the user would not learn why he is refused.
 */
export function briefly(list: Cel): Cel {
  const all = cel`${list}.join(', ')`
  return cel`(size(${all}) > ${LONGEST} ? ${all}.substring(0, ${LONGEST}) + '...' : ${all})`
}

const LONGEST = 300

/** For the audit log: all sentences, or the empty text, which leaves no annotation. */
export function forAudit(list: Cel): Cel {
  return cel`size(${list}) > 0 ? request.userInfo.username + ': ' + (${list}).join('; ') : ''`
}
