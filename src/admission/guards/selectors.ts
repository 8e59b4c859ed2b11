/**
 * admission/guards/selectors.ts — label selectors in CEL, once for all guards: what they match (the same as `matchesSelector` of
 * api/selectors.ts; a test compares them), which labels they look at, and when one can only match what another matches.
 *
 * Selectors and labels are given as short CEL expressions, which appear more than once: variables, not calculations.
 */

import { and, type Cel, cel, or } from '../cel.ts'

/** Whether labels (a map) meet a selector. Everything is ANDed; NotIn and DoesNotExist also hold where the label is not there. */
export function matches(selector: Cel, labels: Cel): Cel {
  return and(
    cel`${labelsOf(selector)}.all(k, k in ${labels} && ${labels}[k] == ${selector}.matchLabels[k])`,
    cel`${expressionsOf(selector)}.all(e, ${meets(labels)})`,
  )
}

function meets(labels: Cel): Cel {
  const listed = cel`(e.key in ${labels} && ${labels}[e.key] in e.values)`
  return cel`e.operator == 'In' ? ${listed} : e.operator == 'NotIn' ? !${listed} : (e.key in ${labels}) == (e.operator == 'Exists')`
}

/** Whether the selector says something about one of these keys (a list). What it does not mention cannot change what it matches. */
export function mentions(selector: Cel, keys: Cel): Cel {
  return cel`${keys}.exists(k, k in ${labelsOf(selector)} || ${expressionsOf(selector)}.exists(e, e.key == k))`
}

/** Whether everything that `narrow` can ever match is matched by `wide`: each requirement of `wide` follows from one of `narrow`. */
export function within(narrow: Cel, wide: Cel): Cel {
  const key = cel`e.key`
  const values = cel`e.values`
  return and(
    cel`${labelsOf(wide)}.all(k, ${hasOneOf(narrow, cel`k`, cel`[${wide}.matchLabels[k]]`)})`,
    cel`${expressionsOf(wide)}.all(e, e.operator == 'In' ? ${hasOneOf(narrow, key, values)} : e.operator == 'NotIn' ? ${hasNoneOf(narrow, key, values)} : e.operator == 'Exists' ? ${hasKey(narrow, key)} : ${lacksKey(narrow, key)})`,
  )
}

/** Whether what the selector matches has one of the values (a list) under the key. */
export function hasOneOf(selector: Cel, key: Cel, values: Cel): Cel {
  return or(
    cel`${key} in ${labelsOf(selector)} && ${selector}.matchLabels[${key}] in ${values}`,
    requires(selector, key, cel`f.operator == 'In' && f.values.all(v, v in ${values})`),
  )
}

function hasNoneOf(selector: Cel, key: Cel, values: Cel): Cel {
  return or(
    cel`${key} in ${labelsOf(selector)} && !(${selector}.matchLabels[${key}] in ${values})`,
    requires(
      selector,
      key,
      cel`f.operator == 'In' ? f.values.all(v, !(v in ${values})) : f.operator == 'NotIn' ? ${values}.all(v, v in f.values) : f.operator == 'DoesNotExist'`,
    ),
  )
}

function hasKey(selector: Cel, key: Cel): Cel {
  return or(cel`${key} in ${labelsOf(selector)}`, requires(selector, key, cel`f.operator in ['In', 'Exists']`))
}

function lacksKey(selector: Cel, key: Cel): Cel {
  return requires(selector, key, cel`f.operator == 'DoesNotExist'`)
}

function requires(selector: Cel, key: Cel, what: Cel): Cel {
  return cel`${expressionsOf(selector)}.exists(f, f.key == ${key} && (${what}))`
}

function labelsOf(selector: Cel): Cel {
  return cel`${selector}.?matchLabels.orValue({})`
}

function expressionsOf(selector: Cel): Cel {
  return cel`${selector}.?matchExpressions.orValue([])`
}
