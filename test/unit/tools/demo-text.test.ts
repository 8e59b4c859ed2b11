import { expect } from 'chai'
import { indented, took, trimmed } from '../../../tools/demo/text.ts'

describe('what the demo prints', () => {
  const BY = (policy: string, binding: string) => `ValidatingAdmissionPolicy '${policy}.tenant-isolation.dev' with binding '${binding}'`

  it('leaves out which policy has refused, and keeps why', () => {
    expect(trimmed(`pods "x" is forbidden: ${BY('pod-security', 'manning.pod-security')} denied request: the pod does not fit`)).to.equal(
      'pods "x" is forbidden: … the pod does not fit',
    )
    expect(
      trimmed(`Warning: Validation failed for ${BY('workload-security', 'manning.workload-security')}: a pod of it\ncreated`),
    ).to.equal('Warning: … a pod of it\ncreated')
  })

  it('keeps the name of a binding that says what to do', () => {
    const gate = BY('isolated-before-pods', 'namespace-is-not-isolated-yet.try-again-in-a-moment.group.0.tenant-isolation.dev')
    expect(trimmed(`The pods "x" is invalid: : ${gate} denied request: failed to configure binding: no params found`)).to.equal(
      `The pods "x" is invalid: … binding 'namespace-is-not-isolated-yet.try-again-in-a-moment.…' denied request: …`,
    )
  })

  it('breaks long sentences between words, and no tables', () => {
    const words = Array.from({ length: 60 }, (_, index) => `word${index}`)
    const lines = indented(`${words.join(' ')}\n`).split('\n')
    expect(lines.length).to.be.greaterThan(2)
    for (const line of lines) expect(line).to.match(/^ {2}\S.{0,113}$/)
    expect(lines.flatMap((line) => line.trim().split(' '))).to.deep.equal(words)
    const row = `NAME      READY   ${'x'.repeat(200)} y`
    expect(indented(row)).to.equal(`  ${row}`)
  })

  it('says times as people read them', () => {
    expect([4.96, 12.4, 999.4, 1449].map(took)).to.deep.equal(['5.0 ms', '12 ms', '999 ms', '1.4 s'])
  })
})
