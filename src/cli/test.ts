/** cli/test.ts — `test`: whether flows and pods are as files expect them to be. */

import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import type { DesiredState } from '../reconcile/desired-state.ts'
import { readTexts } from './input/files.ts'
import { type Input, readInput } from './input/input.ts'
import { addInputOptions, type InputOptions } from './input/options.ts'
import { desiredIn } from './input/snapshot.ts'
import { ENTRY_NEEDS, networksOf } from './network/networks.ts'
import { outsidesOf } from './network/outside.ts'
import { servicePorts } from './network/services.ts'
import { addViewOption, type ViewOptions, viewOf } from './network/view.ts'
import { defaultingNotesOf, flowNotesOf } from './notes.ts'
import { addOutputOption, type OutputOptions, present } from './output/answer.ts'
import { createProgress } from './output/progress.ts'
import { examples, note, type Shell } from './shell.ts'
import { testAnswer } from './test/answer.ts'
import { type Expectation, expectationsIn, type FlowExpectation, type PodExpectation } from './test/expectations.ts'
import { junitXml } from './test/junit.ts'
import { createFlowJudge, type Outcome } from './test/outcomes.ts'
import { isAboutPod, podOutcome } from './test/pods.ts'
import { UsageError } from './usage-error.ts'

type TestOptions = InputOptions & OutputOptions & ViewOptions & { readonly junit?: string }

export function testCommand(shell: Shell): Command {
  const command = new Command('test')
    .description(
      'Compare flows, and the pods that may be created, with what files expect: ReachabilityTests, or JSON lines. Exit code 1 when one is not as expected.',
    )
    .argument('<file...>', 'YAML or JSON with ReachabilityTests, or JSON lines; a folder with all that is in it; - is standard input')
    .option('--junit <file>', 'write the outcomes as JUnit XML, too')
    .addHelpText(
      'after',
      examples(shell, [
        ['what a pull request would leave of the flows that are agreed on', 'test tests/ --cluster -f tenants/'],
        [
          'without any cluster: tenants, and the namespaces, pods and Services that they are about',
          'test tests/ -f tenants/ -f cluster.yaml',
        ],
        ['the cluster as it is, for a CI server', 'test tests/ --junit outcomes.xml'],
        ['one flow', `test - <<< '{"from":"shop/app=webserver","to":"shop/app=database","port":5432,"expect":"allow"}'`],
      ]),
    )
    .action((files: readonly string[], options: TestOptions) => test(files, options, shell))
  return addOutputOption(addViewOption(addInputOptions(command)))
}

async function test(files: readonly string[], options: TestOptions, shell: Shell): Promise<void> {
  if ([files, options.file, options.facts].filter((paths) => paths?.includes('-')).length > 1)
    throw new UsageError('standard input holds either the tests or what -f or --facts names; give one of them as a file')
  const expectations = await expectationsOf(files, shell)
  const hasFlows = expectations.some((expectation) => !isAboutPod(expectation))
  const input = await readInput({ options, needs: hasFlows ? ENTRY_NEEDS : [], shell })
  const state = desiredIn(input.snapshot)
  const judgeFlow = hasFlows ? flowJudge(input, state, options, shell) : unasked
  const judgePod = expectations.some(isAboutPod) ? await podJudge(input, state, shell) : unasked
  const outcomes = judged(expectations, (one) => (isAboutPod(one) ? judgePod(one) : judgeFlow(one)), shell)
  if (outcomes.some(({ result }) => result !== 'passed')) shell.conclude('findings')
  if (options.junit !== undefined) await write(options.junit, junitXml(outcomes))
  await present(testAnswer(outcomes), options.output, shell)
}

/** Of what nothing is expected, nothing is worked out. */
function unasked(): never {
  throw new Error('nothing of that kind is expected')
}

function flowJudge(input: Input<unknown>, state: DesiredState, options: TestOptions, shell: Shell): (one: FlowExpectation) => Outcome {
  const { snapshot, source } = input
  const view = viewOf(options, input)
  if (view !== 'now') for (const text of flowNotesOf({ state, snapshot, source })) note(shell, text)
  const networks = networksOf(snapshot, state)
  for (const text of networks.notes) note(shell, text)
  return createFlowJudge(view === 'now' ? networks.now : networks.kept, {
    cluster: networks.cluster,
    outsides: outsidesOf(snapshot).all,
    services: servicePorts(snapshot, networks.cluster),
  })
}

/** What evaluates policies about pods is loaded where there are pods. */
async function podJudge(
  { snapshot, source }: Input<unknown>,
  state: DesiredState,
  shell: Shell,
): Promise<(one: PodExpectation) => Outcome> {
  for (const text of defaultingNotesOf({ state, snapshot, source })) note(shell, text)
  const { podVerdicts } = await import('./pods/judgements.ts')
  const verdicts = podVerdicts(snapshot, state, source)
  return (one) => podOutcome(one, verdicts)
}

const EXTENSIONS = /\.(ya?ml|json|jsonl|ndjson)$/
/** One mistake is often made in every line. */
const MOST_MISTAKES = 20

async function expectationsOf(files: readonly string[], shell: Shell): Promise<readonly Expectation[]> {
  const read = (await readTexts(files, shell, EXTENSIONS)).map(expectationsIn)
  const mistakes = read.flatMap((one) => ('mistakes' in one ? one.mistakes : []))
  if (mistakes.length > 0) {
    const more = mistakes.length - MOST_MISTAKES
    throw new UsageError([...mistakes.slice(0, MOST_MISTAKES), ...(more > 0 ? [`and ${more} more`] : [])].join('\n'))
  }
  return read.flatMap((one) => ('expectations' in one ? one.expectations : []))
}

function judged(expectations: readonly Expectation[], judge: (one: Expectation) => Outcome, shell: Shell): readonly Outcome[] {
  const progress = createProgress(shell.stderr)
  try {
    return expectations.map((expectation, index) => {
      progress.at('judging', index, expectations.length)
      return judge(expectation)
    })
  } finally {
    progress.end()
  }
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot write ${file}: ${error.code === 'ENOENT' ? 'its folder does not exist' : error.message}`)
  })
}
