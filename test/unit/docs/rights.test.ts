/** docs/rights.md explains every right of config/rbac, and none that is not there. */

import { expect } from 'chai'
import { codeIn, page, rows, sections } from '../../support/markdown.ts'
import { PLATFORM_ROLES, type Right, rightsOf, rightText, rolesIn } from '../../support/rights.ts'

const PAGE = sections(page('docs/rights.md'))
const FOR_PEOPLE = 'For people: the platform roles'

/** `get` `list`<br>`pods`<br>`services`<br>named `x`: verbs, then resources, then the objects that they are for. */
function explained(cell: string, role: string): readonly Right[] {
  const [verbs = '', ...lines] = cell.split('<br>')
  const names = lines.filter((line) => line.startsWith('named ')).flatMap(codeIn)
  const resources = lines.filter((line) => !line.startsWith('named ')).flatMap(codeIn)
  return resources.flatMap((resource) => codeIn(verbs).map((verb) => ({ role, verb, resource, names })))
}

const textOf = (right: Right): string => [rightText(right), ...right.names].join(' named ')
const sorted = (rights: readonly Right[]): readonly string[] => rights.map(textOf).sort()

/** The role of a section is in its heading. */
const ofOperator = [...PAGE].flatMap(([heading, text]) => {
  const [, kind, name] = /\b(ClusterRole|Role) `([^`]+)`$/.exec(heading) ?? []
  return kind === undefined ? [] : rows(text).map((row) => ({ role: `${kind} "${name}"`, row }))
})

describe('docs/rights.md', () => {
  it("explains each of the operator's rights once, and none that it has not", () => {
    const rights = ofOperator.flatMap(({ role, row }) => explained(row[0] ?? '', role))
    expect(sorted(rights)).to.deep.equal(sorted(rolesIn((file) => file !== PLATFORM_ROLES).flatMap(rightsOf)))
  })

  it('says of each what needs it, what somebody could do with it, and what is refused then', () => {
    expect(ofOperator).to.have.length.greaterThan(15)
    for (const { row } of ofOperator) {
      expect(row, row[0]).to.have.lengthOf(4)
      for (const cell of row.slice(1)) expect(cell, row[0]).to.match(/\w{4}/)
    }
  })

  it('explains the roles for people, and all of them', () => {
    const rights = rows(PAGE.get(FOR_PEOPLE) ?? '').flatMap(([role = '', cell = '']) =>
      explained(cell, `ClusterRole "${codeIn(role).join()}"`),
    )
    expect(sorted(rights)).to.deep.equal(sorted(rolesIn((file) => file === PLATFORM_ROLES).flatMap(rightsOf)))
  })

  it('is right about what the operator does not have', () => {
    const held = rolesIn((file) => file !== PLATFORM_ROLES).flatMap(rightsOf)
    const never = /\*|^(escalate|impersonate) |^\w+ (secrets|configmaps|nodes|pods\/exec)|^create pods|admissionpolicies\./
    expect(held.map(({ verb, resource }) => `${verb} ${resource}`).filter((right) => never.test(right))).to.deep.equal([])
  })
})
