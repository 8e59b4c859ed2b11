/** cli/explain.ts — `explain`: whether one can reach the other, why, and what would have to be written where it cannot. */

import { Command } from 'commander'
import { type Endpoint, endpointName, findPod, type Network } from '../reachability/reachability.ts'
import { explainAnswer, type Knowledge } from './explain/answer.ts'
import { type Answered, casesOf, judge, type Question, questionsOf, targetName } from './explain/cases.ts'
import { suggestionFor } from './explain/suggestion.ts'
import { rulesThatAllow } from './explain/tenant-rules.ts'
import { type Input, readInput } from './input/input.ts'
import { addInputOptions, type InputOptions } from './input/options.ts'
import { desiredIn, type Snapshot } from './input/snapshot.ts'
import { END_HELP, type End, endOf, portOf } from './network/ends.ts'
import { ENTRY_NEEDS, type Networks, networksOf } from './network/networks.ts'
import { outsidesOf } from './network/outside.ts'
import { type ServicePort, servicePorts } from './network/services.ts'
import { addViewOption, type ViewOptions, viewOf } from './network/view.ts'
import { flowNotesOf } from './notes.ts'
import { addOutputOption, type OutputOptions, present } from './output/answer.ts'
import { examples, note, type Shell } from './shell.ts'

type Options = InputOptions & OutputOptions & ViewOptions

export function explainCommand(shell: Shell): Command {
  const command = new Command('explain')
    .description(
      'Say whether FROM can open a connection to a port of TO, which policies and rules decide, and what is missing where they do not let it pass. Exit code 1 unless all of it is allowed.',
    )
    .argument('<from>', END_HELP)
    .argument('<to>', 'the same, or service/NAMESPACE/NAME')
    .argument('<port>', 'a number, a number with a protocol such as 53/UDP, or the name of a port')
    .addHelpText(
      'after',
      examples(shell, [
        ['one pod and another', 'explain shop/webserver-6f6b8d5c7-b6n8d shop/database-0 5432'],
        ['all pods of a workload, through a Service', 'explain shop/webserver service/shop/database 5432'],
        ['pods by their labels, from the Internet, by the name of the port', 'explain internet shop/app=webserver http'],
        ['what a pull request would change about it', 'explain acme/api shop/database 5432 --cluster -f tenants/'],
      ]),
    )
    .action((from: string, to: string, port: string, options: Options) => explain([from, to, port], options, shell))
  return addOutputOption(addViewOption(addInputOptions(command)))
}

async function explain([from, to, port]: readonly [string, string, string], options: Options, shell: Shell): Promise<void> {
  const wanted = portOf(port)
  const input = await readInput({ options, needs: ENTRY_NEEDS, shell })
  const view = viewOf(options, input)
  const { snapshot, source } = input
  if (view !== 'now') for (const text of flowNotesOf({ state: desiredIn(snapshot), snapshot, source })) note(shell, text)
  const networks = networksOf(snapshot)
  for (const text of networks.notes) note(shell, text)
  const named = namedIn(snapshot, networks)
  const ends = [from, to].map((text) => endOf(text, named, options.namespace)) as unknown as readonly [End, End]
  const questions = questionsOf(...ends, wanted)
  const { asked, left } = within(questions)
  if (left > 0) note(shell, `${left} of ${questions.length} pairs of pods were left out: only one pod of each workload was looked at`)
  const before = view === 'both' ? beforeOf(input, networks) : undefined
  const network = view === 'now' ? networks.now : networks.kept
  const all = asked.map((question): Answered => ({ question, before: before?.(question), after: judge(network, question) }))
  const cases = casesOf(all)
  if (cases.some(({ after }) => after.verdict.verdict !== 'allow')) shell.conclude('findings')
  await present(explainAnswer({ cases, knowledge: knowledgeOf(snapshot, network) }), options.output, shell)
}

function namedIn(snapshot: Snapshot, { cluster }: Networks) {
  return { cluster, outsides: outsidesOf(snapshot).all, services: servicePorts(snapshot, cluster) }
}

/** Beyond this, pods of one workload stand for each other. */
const MOST_PAIRS = 2_000

function within(questions: readonly Question[]): { readonly asked: readonly Question[]; readonly left: number } {
  if (questions.length <= MOST_PAIRS) return { asked: questions, left: 0 }
  const workloadOf = (end: Question['from'] | undefined) =>
    end?.kind === 'Pod' && end.workload ? `${end.namespace}/${end.workload.kind}/${end.workload.name}` : end && endpointName(end)
  const byKey = new Map<string, Question>()
  for (const question of questions) {
    const key = JSON.stringify([
      workloadOf(question.from),
      workloadOf(question.to),
      question.service && targetName(question),
      question.protocol,
      question.port,
    ])
    if (!byKey.has(key)) byKey.set(key, question)
  }
  return { asked: [...byKey.values()], left: questions.length - byKey.size }
}

/** The same question to what is there; undefined where one of its ends is new. */
function beforeOf({ before, snapshot }: Pick<Input, 'before' | 'snapshot'>, after: Networks): (question: Question) => Answered['before'] {
  if (before === snapshot) return (question) => judge(after.now, question)
  const { cluster, now } = networksOf(before)
  const services = servicePorts(before, cluster)
  const endBefore = (end: Endpoint) => (end.kind === 'Outside' ? end : findPod(cluster, end.namespace, end.name))
  return (question) => {
    const from = endBefore(question.from)
    const to = question.to && endBefore(question.to)
    const service = question.service && services.find((one) => isSamePort(one, question.service))
    return from && (to || service) ? judge(now, { ...question, from, to, service }) : undefined
  }
}

function isSamePort(one: ServicePort, other: ServicePort | undefined): boolean {
  return one.namespace === other?.namespace && one.service === other.service && one.port === other.port && one.protocol === other.protocol
}

function knowledgeOf(snapshot: Snapshot, network: Network): Knowledge {
  return {
    rulesBehind: (leg, { direction }, tenant, candidates) => rulesThatAllow(snapshot, network, leg, direction, tenant, candidates),
    suggested: (leg, missing) => suggestionFor(snapshot, network, leg, missing),
  }
}
