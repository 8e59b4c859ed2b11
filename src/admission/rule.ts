/** admission/rule.ts — one rule of a profile: what it says about a pod, and what it fills in. */

import type { RuleField } from '../api/pod-security/rules.ts'
import { type Cel, cel, variable } from './cel.ts'

/**
 * `rules` is the expression of a profile's `rules`, as they are written: what is left out there means what the schema says. What a rule
 * knows of the pod are the variables of pods/pod.ts.
 */
export type Rule = {
  /** Of the variable that holds its sentences. */
  readonly name: string
  /** Those that it reads; each belongs to one rule. */
  readonly fields: readonly RuleField[]
  /** A list of sentences about what does not fit; empty when everything does. */
  readonly violations: (rules: Cel) => Cel
  readonly defaults?: Defaults
}

/** What defaulting writes: lists of `change`s. */
export type Defaults = {
  readonly pod?: (rules: Cel) => Cel
  /** For the container `c`; paths are within its security context. */
  readonly container?: (rules: Cel) => Cel
}

/** The pod's spec, its security context, and all containers of all three lists. */
export const spec = variable('spec')
export const podContext = variable('podContext')
export const containers = variable('containers')
/** A Windows pod: the API server refuses the fields of Linux in it, so they are not demanded of it. */
export const windows = variable('windows')
/** The hostPath volumes of the pod: name, path with a slash behind it, and whether a container may write to it. */
export const hostPathVolumes = variable('hostPathVolumes')
/** Whether the pod has a user namespace of its own. */
export const userNamespace = variable('userNamespace')
/** Whether defaulting will fill in what the pod does not say. */
export const lax = variable('lax')
/** Whether it is all right not to say something that is demanded: defaulting will, or a Windows pod cannot. */
export const unsaidIsFine = variable('unsaidIsFine')

/** Nothing, unless `condition`. */
export function when(condition: Cel, sentences: Cel): Cel {
  return cel`(${condition} ? ${sentences} : [])`
}

/** Nothing, if `condition`. */
export function unless(condition: Cel, sentences: Cel): Cel {
  return cel`(${condition} ? [] : ${sentences})`
}

/** A sentence about the containers `c` of which `bad` holds, if there are any. It is one for all of them: to word it costs more than to see that it is needed. */
export function containersThat(bad: Cel, sentence: Cel | string): Cel {
  return about('container', cel`${containers}.filter(c, ${bad}).map(c, c.name)`, sentence)
}

/** The same about volumes `v`. */
export function volumesThat(bad: Cel, sentence: Cel | string): Cel {
  return about('volume', cel`${spec}.?volumes.orValue([]).filter(v, ${bad}).map(v, v.name)`, sentence)
}

/** A sentence about what has these names, if any has. */
export function about(kind: 'container' | 'volume', names: Cel, sentence: Cel | string): Cel {
  const some = cel`[names.join(', ')].map(n, size(n) > ${LONGEST_NAMES} ? n.substring(0, ${LONGEST_NAMES}) + '... (' + string(size(names)) + ' in all)' : n)[0]`
  return cel`[${names}].filter(names, size(names) > 0).map(names, (size(names) > 1 ? ${`${kind}s `} : ${`${kind} `}) + ${some} + ': ' + ${sentence})`
}

const LONGEST_NAMES = 80

/** Text that users wrote, in quotes and on one line: messages of several lines are thrown away by the API server. */
export function shown(texts: Cel): Cel {
  return cel`${texts}.map(s, strings.quote(s)).join(', ')`
}

/** Whether `number` lies in one of the `ranges`. */
export function within(number: Cel, ranges: Cel): Cel {
  return cel`${ranges}.exists(g, ${number} >= g.min && ${number} <= g.max)`
}

/** '1-2, 5-5', or 'none'. */
export function rangesText(ranges: Cel): Cel {
  return cel`(size(${ranges}) == 0 ? 'none' : ${ranges}.map(g, string(g.min) + '-' + string(g.max)).join(', '))`
}

/** One thing that defaulting writes. */
export function change(path: string | Cel, value: Cel): Cel {
  return cel`{'path': dyn(${path}), 'value': dyn(${value})}`
}
