/** What others change of the roles and bindings of pod security: the operator puts it back. */

import { expect } from 'chai'
import { MANAGED_BY_LABEL } from '../../../src/api/labels.ts'
import type { Place } from '../../../src/reconcile/kept/kinds.ts'
import type { Loose } from '../../support/access.ts'
import { eventually } from '../../support/eventually.ts'
import { end, type Kube, openKube } from '../../support/kube.ts'
import { enforcedWithDefaulting, needsDefaulting } from '../../support/older-kubernetes.ts'
import { type RunningOperator, startOperator } from '../../support/operator.ts'
import { openPeople, type People } from '../../support/people.ts'
import { binding, defaults, KeptObjects, podMakers, role, specOf, verdict, verdictsHold } from '../../support/secured.ts'

const TENANT = 'repaired'
const ROLE = role(TENANT)
const BINDING = binding(TENANT, 'privileged')
const VERDICT = verdict(TENANT)
const DEFAULTS = defaults(TENANT)

describe('of pod security, the operator puts back', function () {
  this.timeout(60_000)

  let kube: Kube
  let kept: KeptObjects
  let people: People
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    kept = new KeptObjects(kube)
    people = await openPeople()
    running = await startOperator()
    for (const object of podMakers('repaired-creates-pods')) await kept.make(object)
    await kube.createNamespace(TENANT, { tenant: TENANT })
    await kube.applyTenant(TENANT, specOf(TENANT))
    await kube.says(TENANT, { Ready: 'True', PodSecurityEnforced: await enforcedWithDefaulting() })
  })

  after(async () => {
    for (const kind of ['ClusterRoleBinding', 'ClusterRole'] as const) await kept.remove({ kind, name: 'repaired-creates-pods' })
    await people.close()
    await end(kube, running)
  })

  /** What is ours of it is as it was. */
  const putBack = async (place: Place, change: () => Promise<unknown>) => {
    const ours = ({ metadata: { labels, ownerReferences }, rules, subjects, roleRef, spec }: Loose) => ({
      labels,
      ownerReferences,
      rules,
      subjects,
      roleRef,
      spec,
    })
    const before = await kept.get(place)
    await change()
    await eventually(async () => {
      const after = await kept.get(place)
      expect(ours(after)).to.deep.equal(ours(before))
      expect(after.metadata.resourceVersion).not.to.equal(before.metadata.resourceVersion)
    })
  }

  it('the rules of a role', () =>
    putBack(ROLE, () =>
      kept.edit(ROLE, (object) => {
        object.rules[0].resourceNames = [`${TENANT}.privileged`]
      }),
    ))

  it('the subjects of a binding of roles', () =>
    putBack(BINDING, () =>
      kept.edit(BINDING, (object) => {
        object.subjects[0].name = 'mallory'
      }),
    ))

  it('a binding of roles that was made anew for another role', () =>
    putBack(BINDING, async () => {
      const { metadata, ...rest } = await kept.get(BINDING)
      await kept.remove(BINDING)
      const { labels, ownerReferences } = metadata
      const made = { ...rest, metadata: { name: BINDING.name, labels, ownerReferences }, roleRef: { ...rest.roleRef, name: 'view' } }
      // The operator may be faster, and then it has only put back what was deleted.
      await kept.make(made).catch(() => {})
    }))

  it('where a policy holds, and how', () =>
    putBack(VERDICT, () =>
      kept.edit(VERDICT, (object) => {
        object.spec.validationActions = ['Audit']
      }),
    ))

  it('where defaults are written', async function () {
    await needsDefaulting(this)
    await putBack(DEFAULTS, () =>
      kept.edit(DEFAULTS, (object) => {
        object.spec.matchResources.namespaceSelector = {}
      }),
    )
  })

  for (const place of [ROLE, BINDING, VERDICT, DEFAULTS]) {
    it(`a ${place.kind} that was deleted`, async function () {
      if (place === DEFAULTS) await needsDefaulting(this)
      await putBack(place, () => kept.remove(place))
    })

    it(`its label on a ${place.kind}, without making it anew`, async function () {
      if (place === DEFAULTS) await needsDefaulting(this)
      const { uid } = (await kept.get(place)).metadata
      await putBack(place, () =>
        kept.edit(place, ({ metadata }) => {
          delete metadata.labels[MANAGED_BY_LABEL]
        }),
      )
      expect((await kept.get(place)).metadata.uid).to.equal(uid)
    })
  }

  it('and leaves what others have marked it with', async () => {
    await putBack(ROLE, () =>
      kept.edit(ROLE, ({ metadata, rules }) => {
        metadata.annotations = { 'example.com/note': 'yes' }
        rules.pop()
      }),
    )
    expect((await kept.get(ROLE)).metadata.annotations).to.deep.equal({ 'example.com/note': 'yes' })
  })

  it('and at the end all verdicts are as they were', () => verdictsHold(people, TENANT))
})
