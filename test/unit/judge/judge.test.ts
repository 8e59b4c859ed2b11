/** Pods judged without a server; that an API server says the same is shown by test/admission/pods/judge.test.ts. */

import { expect } from 'chai'
import type { PodSecurity, Profile } from '../../../src/api/pod-security/pod-security.ts'
import { type Judgement, judgeOf, NotAPodError } from '../../../src/judge/judge.ts'
import { requesterOf } from '../../../src/judge/requester.ts'
import { fittingPod, fullProfiles } from '../../support/full-profiles.ts'

const EVERYBODY: Profile['subjects'] = [{ kind: 'Group', name: 'system:authenticated' }]
const profile = (name: string, preset: 'Basic' | 'Privileged' | 'Restricted', subjects: Profile['subjects']): Profile => ({
  name,
  preset,
  subjects,
})
const BOOK = [profile('default', 'Basic', EVERYBODY), profile('privileged', 'Privileged', [{ kind: 'User', name: 'bob' }])]

const pod = (securityContext: Readonly<Record<string, unknown>> = {}, spec: object = {}) => ({
  metadata: { name: 'pod', namespace: 'shop' },
  spec: { containers: [{ name: 'main', image: 'none', securityContext }], ...spec },
})
const PRIVILEGED = pod({ privileged: true })

const judge = (podSecurity: PodSecurity | undefined, canMutate = true) => judgeOf({ name: 'manning', podSecurity, canMutate })
const profileOf = (judgement: Judgement) => (judgement.admitted ? judgement.profile : 'refused')
const messageOf = (judgement: Judgement) => (judgement.admitted ? '' : judgement.message)

describe('a pod that is judged without a server', () => {
  const book = judge({ profiles: BOOK })

  it('is let in by the first profile that it fits and that may be used', () => {
    expect(profileOf(book(pod(), requesterOf('alice')))).to.equal('default')
    expect(profileOf(book(PRIVILEGED, requesterOf('bob')))).to.equal('privileged')
  })

  it('is refused in the words of the API server', () => {
    expect(messageOf(book(PRIVILEGED, requesterOf('alice')))).to.equal(
      'the pod does not fit profile "default": container main: privileged is not allowed. It would fit profile "privileged", which neither user "alice" nor service account "shop/default" may use',
    )
  })

  it('is refused for its service account alone when nobody knows who creates it', () => {
    const judgement = book(PRIVILEGED)
    expect(messageOf(judgement)).to.match(/It would fit profile "privileged", which service account "shop\/default" may not use$/)
    expect(judgement.admitted || judgement.fits).to.deep.equal([
      { profile: 'default', findings: ['container main: privileged is not allowed'], mayBeUsed: true },
      { profile: 'privileged', findings: [], mayBeUsed: false },
    ])
  })

  const grants = (name: string, subjects: Profile['subjects'], yes: Parameters<typeof requesterOf>, no: Parameters<typeof requesterOf>) =>
    it(`may be created by ${name}, and by nobody else`, () => {
      const granted = judge({ profiles: [profile('p', 'Basic', subjects)] })
      const answers = [yes, no].map((who) => profileOf(granted(pod({}, { serviceAccountName: 'runner' }), requesterOf(...who))))
      expect(answers).to.deep.equal(['p', 'refused'])
    })
  grants('a user', [{ kind: 'User', name: 'alice' }], ['alice'], ['bob'])
  grants('a group', [{ kind: 'Group', name: 'developers' }], ['alice', ['developers']], ['alice'])
  grants(
    'a service account by its name',
    [{ kind: 'ServiceAccount', namespace: 'shop', name: 'builder' }],
    ['system:serviceaccount:shop:builder'],
    ['system:serviceaccount:acme:builder'],
  )
  grants(
    'a service account by its user name',
    [{ kind: 'User', name: 'system:serviceaccount:shop:builder' }],
    ['system:serviceaccount:shop:builder'],
    ['builder'],
  )
  grants(
    'the service accounts of a namespace',
    [{ kind: 'Group', name: 'system:serviceaccounts:ci' }],
    ['system:serviceaccount:ci:builder'],
    ['system:serviceaccount:cd:builder'],
  )
  grants('whoever has logged in', EVERYBODY, ['alice'], ['system:anonymous'])
  grants('whoever has not', [{ kind: 'Group', name: 'system:unauthenticated' }], ['system:anonymous'], ['alice'])
  grants('system:masters, who may do everything', [{ kind: 'User', name: 'nobody' }], ['admin', ['system:masters']], ['admin'])

  it('may be created by anybody when its own service account may use a profile', () => {
    for (const subjects of [
      [{ kind: 'ServiceAccount', namespace: 'shop', name: 'agent' }],
      [{ kind: 'Group', name: 'system:serviceaccounts:shop' }],
      [{ kind: 'Group', name: 'system:serviceaccounts' }],
    ] satisfies Profile['subjects'][]) {
      const granted = judge({ profiles: [profile('p', 'Privileged', subjects)] })
      expect(profileOf(granted(pod({ privileged: true }, { serviceAccountName: 'agent' }), requesterOf('alice')))).to.equal('p')
      expect(profileOf(granted(pod({ privileged: true }, { serviceAccountName: 'agent' })))).to.equal('p')
    }
    // A service account that only runs a pod has not logged in.
    const authenticated = judge({ profiles: [profile('p', 'Basic', EVERYBODY)] })
    expect(profileOf(authenticated(pod(), requesterOf('system:anonymous')))).to.equal('refused')
  })

  it('is let in where nothing is asked for', () => {
    for (const podSecurity of [undefined, { mode: 'Disabled' as const, profiles: BOOK }])
      expect(judge(podSecurity)(PRIVILEGED, requesterOf('alice'))).to.deep.equal({ admitted: true, profile: undefined })
  })

  it('is judged after defaulting, where the API server has that', () => {
    const podSecurity: PodSecurity = { defaulting: 'Enabled', profiles: [profile('default', 'Restricted', EVERYBODY)] }
    expect(profileOf(judge(podSecurity)(pod(), requesterOf('alice')))).to.equal('default')
    expect(profileOf(judge(podSecurity, false)(pod(), requesterOf('alice')))).to.equal('refused')
    expect(profileOf(judge({ ...podSecurity, defaulting: 'Disabled' })(pod(), requesterOf('alice')))).to.equal('refused')
    expect(profileOf(judge(podSecurity)(pod({ runAsUser: 0 }), requesterOf('alice')))).to.equal('refused')
  })

  it('is chosen a profile by name where defaults are filled in: one that changes nothing first', () => {
    const profiles = [
      profile('b-restricted', 'Restricted', EVERYBODY),
      profile('z-basic', 'Basic', EVERYBODY),
      profile('a-restricted', 'Restricted', EVERYBODY),
    ]
    expect(profileOf(judge({ defaulting: 'Enabled', profiles })(pod(), requesterOf('alice')))).to.equal('z-basic')
    const strict = profiles.filter(({ preset }) => preset === 'Restricted')
    expect(profileOf(judge({ defaulting: 'Enabled', profiles: strict })(pod(), requesterOf('alice')))).to.equal('a-restricted')
  })

  it('gets no warning about what defaulting would mend', () => {
    const podSecurity: PodSecurity = { mode: 'Warn', defaulting: 'Enabled', profiles: [profile('default', 'Restricted', EVERYBODY)] }
    expect(profileOf(judge(podSecurity)(pod(), requesterOf('alice')))).to.equal('default')
  })

  it('is an error when no API server would take it', () => {
    const broken = { metadata: { namespace: 'shop' }, spec: { containers: [{ name: 'main', ports: [{ hostPort: 'eighty' }] }] } }
    expect(() => book(broken, requesterOf('alice'))).to.throw(NotAPodError, /^this is not a pod that an API server takes \(/)
  })

  it('is judged in about a millisecond against eight profiles, so that ten thousand are bearable', () => {
    const eight = judge({
      profiles: Array.from({ length: 8 }, (_, index) => profile(`p${index}`, index === 7 ? 'Privileged' : 'Restricted', EVERYBODY)),
    })
    eight(PRIVILEGED, requesterOf('alice'))
    const before = process.cpuUsage()
    for (let count = 0; count < 1000; count++) expect(profileOf(eight(PRIVILEGED, requesterOf('alice')))).to.equal('p7')
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6, 'milliseconds each').to.be.lessThan(5)
  })

  it('may be as large as the API server takes: every rule, eight times, and a hundred containers', () => {
    const full = judge({ profiles: fullProfiles([{ kind: 'User', name: 'alice' }]) })
    const large = fittingPod(100)
    expect(profileOf(full({ ...large, metadata: { namespace: 'shop' } }, requesterOf('alice')))).to.equal('profile-0')
  })
})
