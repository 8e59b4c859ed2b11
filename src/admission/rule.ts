/** admission/rule.ts — one rule of a profile: what it says about a pod, and what it fills in. */

import type { RuleField } from '../api/pod-security/rules.ts'
import { and, type Cel, cel, concat, not, or, variable } from './cel.ts'

/**
 * `rules` is the expression of a profile's `rules`, as they are written: what is left out there means what the schema says. What a rule
 * knows of the pod are the variables of pods/pod.ts.
 */
export type Rule = {
  /** Of the variable that holds its sentences. */
  readonly name: string
  /** Those that it reads; each belongs to one rule. */
  readonly fields: readonly RuleField[]
  readonly violations: (rules: Cel) => Finding
  /** Its lists are long, and it goes through them for each container or volume: a budget of its own. */
  readonly heavy?: true
  readonly defaults?: Defaults
}

/**
 * What a rule finds in a pod: whether something does not fit, and a list of sentences about it. The first is asked about every pod, the
 * second only where it holds: to word it costs many times what it costs to see it.
 */
export type Finding = { readonly bad: Cel; readonly sentences: Cel }

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
/** Those of them that have a security context. */
export const contexts = variable('contexts')
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

/** Lists of what defaulting writes: nothing, unless `condition`. */
export function changesWhen(condition: Cel, changes: Cel): Cel {
  return cel`(${condition} ? ${changes} : [])`
}

/** All of them together. */
export function findings(...all: readonly Finding[]): Finding {
  const [first, ...more] = all
  if (!first) throw new Error('a rule finds something')
  return more.length === 0 ? first : { bad: or(...all.map(({ bad }) => bad)), sentences: concat(all.map(({ sentences }) => sentences)) }
}

/** Nothing, unless `condition`. */
export function when(condition: Cel, { bad, sentences }: Finding): Finding {
  return { bad: and(condition, bad), sentences: cel`(${condition} ? ${sentences} : [])` }
}

/** Nothing, if `condition`. */
export function unless(condition: Cel, { bad, sentences }: Finding): Finding {
  return { bad: and(not(condition), bad), sentences: cel`(${condition} ? [] : ${sentences})` }
}

/** A sentence about the pod. */
export function podThat(bad: Cel, sentence: Cel | string): Finding {
  return { bad, sentences: cel`(${bad} ? [${sentence}] : [])` }
}

/** A sentence about the containers `c` of which `bad` holds, one for all of them. */
export function containersThat(bad: Cel, sentence: Cel | string): Finding {
  return named('container', containers, 'c', bad, sentence)
}

/** The same, where nothing can be wrong with a container that has no security context. */
export function contextsThat(bad: Cel, sentence: Cel | string): Finding {
  return named('container', contexts, 'c', bad, sentence)
}

/** The same about volumes `v`. */
export function volumesThat(bad: Cel, sentence: Cel | string): Finding {
  return named('volume', cel`${spec}.?volumes.orValue([])`, 'v', bad, sentence)
}

/** The same about the things in `list`, which have names. */
export function named(kind: 'container' | 'volume', list: Cel, item: string, bad: Cel, sentence: Cel | string): Finding {
  const it = { cel: item }
  return {
    bad: cel`${list}.exists(${it}, ${bad})`,
    sentences: about(kind, cel`${list}.filter(${it}, ${bad}).map(${it}, ${it}.name)`, sentence),
  }
}

/** A sentence about each thing in `list`. */
export function each(list: Cel, item: string, bad: Cel, sentence: Cel): Finding {
  const it = { cel: item }
  return { bad: cel`${list}.exists(${it}, ${bad})`, sentences: cel`${list}.filter(${it}, ${bad}).map(${it}, ${sentence})` }
}

/** A sentence about what has these names, if any has. */
function about(kind: 'container' | 'volume', names: Cel, sentence: Cel | string): Cel {
  const some = cel`[names.join(', ')].map(n, size(n) > ${LONGEST_NAMES} ? n.substring(0, ${LONGEST_NAMES}) + '... (' + string(size(names)) + ' in all)' : n)[0]`
  return cel`[${names}].filter(names, size(names) > 0).map(names, (size(names) > 1 ? ${`${kind}s `} : ${`${kind} `}) + ${some} + ': ' + ${sentence})`
}

const LONGEST_NAMES = 80

/**
 * Text that users wrote, in quotes and on one line: messages of several lines are thrown away by the API server. Quoted all at once, and
 * then taken apart at a character that quoting leaves as it is: a call for each would cost more than the rule itself.
 */
export function shown(texts: Cel): Cel {
  return cel`strings.quote(${texts}.join(${SEPARATOR})).replace(${SEPARATOR}, '", "')`
}

const SEPARATOR = '\u0001'

/** Whether `number` lies in one of the `ranges`. */
export function within(number: Cel, ranges: Cel): Cel {
  return cel`${ranges}.exists(g, ${number} >= g.min && ${number} <= g.max)`
}

/** '1-2, 5-5', or 'none'. Of many, the first few. */
export function rangesText(ranges: Cel): Cel {
  const one = (index: number) => cel`string(${ranges}[${index}].min) + '-' + string(${ranges}[${index}].max)`
  return cel`(size(${ranges}) == 0 ? 'none' : size(${ranges}) > ${SHOWN_RANGES} ?
  ${cel`${one(0)} + ', ' + ${one(1)} + ', ' + ${one(2)} + ', ' + ${one(3)}`} + ', ... (' + string(size(${ranges})) + ' in all)' :
  ${ranges}.map(g, string(g.min) + '-' + string(g.max)).join(', '))`
}

const SHOWN_RANGES = 4

/** One thing that defaulting writes. */
export function change(path: string | Cel, value: Cel): Cel {
  return cel`{'path': dyn(${path}), 'value': dyn(${value})}`
}
