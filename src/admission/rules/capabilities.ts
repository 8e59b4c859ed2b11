/** admission/rules/capabilities.ts — PodSecurityPolicy allowedCapabilities, defaultAddCapabilities, requiredDropCapabilities. */

import { type Cel, cel } from '../cel.ts'
import { change, changesWhen, containersThat, contextsThat, findings, type Rule, shown, unless, unsaidIsFine, windows } from '../rule.ts'

const list = (rules: Cel, name: 'allowed' | 'defaultAdd' | 'requiredDrop') => cel`${rules}.?capabilities.?${{ cel: name }}.orValue([])`
const added = cel`c.?securityContext.?capabilities.?add.orValue([])`
const dropped = cel`c.?securityContext.?capabilities.?drop.orValue([])`

export const capabilities: Rule = {
  name: 'capabilities',
  fields: ['capabilities'],
  heavy: true,
  violations: (rules) => {
    const [allowed, defaultAdd, requiredDrop] = [list(rules, 'allowed'), list(rules, 'defaultAdd'), list(rules, 'requiredDrop')]
    const among = (names: Cel) => cel`(size(${names}) == 0 ? 'may have none' : 'may only have ' + ${shown(names)})`
    return findings(
      unless(
        cel`'*' in ${allowed}`,
        contextsThat(
          cel`!${added}.all(k, k in ${allowed} || k in ${defaultAdd})`,
          cel`'capabilities.add ' + ${among(cel`(${allowed} + ${defaultAdd})`)}`,
        ),
      ),
      // Deliberately unlike PodSecurityPolicy: whoever drops ALL has dropped each of them.
      unless(
        cel`size(${requiredDrop}) == 0 || ${unsaidIsFine}`,
        containersThat(
          cel`!('ALL' in ${dropped}) && !${requiredDrop}.all(k, k in ${dropped})`,
          cel`'capabilities.drop must have ' + ${shown(requiredDrop)}`,
        ),
      ),
    )
  },
  defaults: {
    container: (rules) => {
      const add = cel`${list(rules, 'defaultAdd')}.filter(k, !(k in ${added}) && !(k in ${dropped}))`
      const drop = cel`${list(rules, 'requiredDrop')}.filter(k, !(k in ${dropped}))`
      return changesWhen(
        cel`!${windows} && size(${add}) + size(${drop}) > 0`,
        cel`[${change('/capabilities', cel`{'add': ${added} + ${add}, 'drop': ${dropped} + ${drop}}`)}]`,
      )
    },
  },
}
