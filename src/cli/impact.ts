/** cli/impact.ts — `impact`: the flows that would be gained and lost if the operator did its work, and the pods that would not be admitted again. */

import { Command, Option } from 'commander'
import { type Change, difference, type GroupOf, type Network, networkOf } from '../reachability/reachability.ts'
import type { DesiredState } from '../reconcile/desired-state.ts'
import { dnsServices } from '../reconcile/facts.ts'
import type { NetworkPolicy } from '../reconcile/policy-entry.ts'
import { policyChanges } from './diff/changes.ts'
import { type Admissions, admissionsOf } from './impact/admissions.ts'
import { type Impact, impactAnswer } from './impact/answer.ts'
import { groupingOf } from './impact/grouping.ts'
import { linesOf } from './impact/lines.ts'
import { type Purposes, partsOf } from './impact/parts.ts'
import { unknownsIn } from './impact/unknowns.ts'
import { type Input, readInput } from './input/input.ts'
import { addInputOptions, type InputOptions } from './input/options.ts'
import { desiredIn, type Snapshot } from './input/snapshot.ts'
import { clusterOf, living } from './network/cluster.ts'
import { byTenantOrDns, countGroups, groupAt, LEVELS, type Level, within } from './network/groups.ts'
import { ENTRY_NEEDS } from './network/networks.ts'
import { addressesByName, outsidesOf } from './network/outside.ts'
import { enforced, podsEnforced, policiesKept, policiesNow } from './network/policies.ts'
import { type ServicePort, servicePorts } from './network/services.ts'
import { defaultingNotesOf, flowNotesOf } from './notes.ts'
import { addOutputOption, type OutputOptions, present } from './output/answer.ts'
import { announce } from './output/progress.ts'
import { examples, note, type Shell } from './shell.ts'

type Options = InputOptions & OutputOptions & { readonly by?: Level; readonly asWritten?: boolean }

export function impactCommand(shell: Shell): Command {
  const command = new Command('impact')
    .description(
      'Say which flows the pods that run now would gain and lose if the TenantIsolations were enforced, and which of the pods would not be admitted again. Exit code 1 when there are any.',
    )
    .addOption(new Option('--by <level>', 'how pods are grouped; as fine as can be read, unless said').choices(LEVELS))
    .option('--as-written', 'count a tenant in mode Audit or Warn as what it is, which changes nothing, and not as if it were enforced')
    .addHelpText(
      'after',
      examples(shell, [
        ['before a tenant is applied', 'impact --cluster -f tenants/manning.yaml'],
        ['the tenants in mode Audit, if they were enforced', 'impact'],
        ['as a comment on a pull request', 'impact --cluster -f tenants/ -o markdown'],
      ]),
    )
    .action((options: Options) => impact(options, shell))
  return addOutputOption(addInputOptions(command))
}

async function impact(options: Options, shell: Shell): Promise<void> {
  const { namespace } = options
  const input = await readInput({ options, needs: [...ENTRY_NEEDS, 'wholePods'], shell })
  const wanted = options.asWritten ? input.snapshot : podsEnforced(enforced(input.snapshot))
  const state = desiredIn(wanted)
  for (const text of [...flowNotesOf({ state, snapshot: wanted, source: input.source, namespace }), ...auditNotes(input.snapshot, wanted)])
    note(shell, text)
  const snapshot = runningNow(wanted, input, shell)
  const after = clusterOf(snapshot)
  // The same pods are the same objects: then half of the work is done once.
  const before = input.before === input.snapshot ? after : clusterOf(input.before)
  for (const text of new Set([...before.notes, ...after.notes])) note(shell, text)

  const services = servicePorts(snapshot, after.cluster)
  const done = announce(shell.stderr, `comparing the flows of ${after.cluster.pods.length.toLocaleString('en')} pods`)
  const networks = [networkOf(before.cluster, policiesNow(input.before)), networkOf(after.cluster, policiesKept(wanted, state))] as const
  const flows = flowsBetween(networks, { snapshot, state, services, by: options.by, namespace })
  done()
  if (!flows.complete)
    note(shell, 'there are too many pods to name all Services that flows go through; with -n, those of one namespace are named')
  const { by, lost, gained } = flows
  const { refused, unknowns } = await admissionsIn({ snapshot, state, input, namespace }, shell)
  if (lost.length > 0 || gained.length > 0 || refused.some(({ already }) => !already)) shell.conclude('findings')
  const answer: Impact = {
    by,
    lost,
    gained,
    refused,
    policies: policyCounts(snapshot, state, namespace),
    pods: after.cluster.pods.length,
    unknowns: [...unknownsIn(snapshot, after.cluster, services), ...unknowns],
  }
  await present(impactAnswer(answer), options.output, shell)
}

type Viewed = {
  readonly snapshot: Snapshot
  readonly state: DesiredState
  readonly services: readonly ServicePort[]
  readonly by: Level | undefined
  readonly namespace: string | undefined
}

/** What is lost and gained from the one to the other, as lines, at a level that can be read unless one is given. */
function flowsBetween([now, then]: readonly [Network, Network], { snapshot, state, services, by: wanted, namespace }: Viewed) {
  const byTenant = byTenantOrDns(state, snapshot, services)
  const groupedAt = (level: Level): GroupOf =>
    namespace === undefined ? groupAt(level, byTenant) : within(new Set([namespace]), groupAt(level, byTenant), byTenant)
  const { cluster } = then
  const inView = cluster.pods.filter((pod) => namespace === undefined || pod.namespace === namespace)
  const by = wanted ?? LEVELS.toReversed().find((level) => countGroups({ pods: inView }, groupedAt(level)) <= READABLE) ?? 'tenant'
  const groupOf = groupedAt(by)
  const isDns = dnsPortsIn(snapshot)
  const grouping = groupingOf({ cluster, groupOf, coarse: byTenant, services, isDns, namespace, pods: snapshot.pods })
  const { nameOf, coarseNameOf, targets, complete } = grouping
  const { all: outside, apiServerPorts } = outsidesOf(snapshot)
  const whole = addressesByName(outside)
  const purposes: Purposes = { isDns, apiServerPorts, outside: new Set(whole.keys()), targets, nameOf, coarseNameOf }
  const viewed = new Set(inView.map(groupOf))
  const isInView = ({ from, to }: Change) => namespace === undefined || viewed.has(nameOf(from)) || viewed.has(nameOf(to))
  const lines = (changes: readonly Change[]) =>
    linesOf(
      changes.filter(isInView).flatMap((change) => partsOf(change, purposes)),
      whole,
    )
  const { lost, gained } = difference(now, then, { groupOf: grouping.groupOf, outside })
  return { by, complete, lost: lines(lost), gained: lines(gained) }
}

type Viewing = Pick<Viewed, 'snapshot' | 'state' | 'namespace'> & { readonly input: Input<unknown> }

/** What evaluates policies about pods is loaded where a tenant has some. */
async function admissionsIn({ snapshot, state, input, namespace }: Viewing, shell: Shell): Promise<Admissions> {
  if (!snapshot.tenants.some(({ spec }) => spec?.podSecurity !== undefined)) return { refused: [], unknowns: [] }
  for (const text of defaultingNotesOf({ state, snapshot, source: input.source })) note(shell, text)
  const pods = living(snapshot.pods).filter((pod) => namespace === undefined || pod.namespace === namespace)
  const { againJudge, wardsOf } = await import('./pods/judgements.ts')
  const done = announce(shell.stderr, `judging ${pods.length.toLocaleString('en')} pods`)
  const canMutate = snapshot.canMutate ?? false
  // Of files alone, nothing is there yet.
  const now = input.source === 'files' ? () => ({ free: 'there is no cluster' }) : wardsOf(desiredIn(input.before), canMutate)
  const admissions = admissionsOf({ pods, now, wanted: wardsOf(state, canMutate), judge: againJudge() })
  done()
  return admissions
}

/** Groups that a person reads. */
const READABLE = 60

function auditNotes({ tenants }: Snapshot, wanted: Snapshot): readonly string[] {
  return tenants.flatMap(({ metadata: { name }, spec }, index) => {
    const counted = wanted.tenants[index]?.spec
    const modes = [
      ...(counted?.network?.mode === spec?.network?.mode ? [] : ['network.mode Audit']),
      ...(counted?.podSecurity?.mode === spec?.podSecurity?.mode ? [] : [`podSecurity.mode ${spec.podSecurity?.mode}`]),
    ]
    return modes.map((mode) => `TenantIsolation ${name} has ${mode}, and is counted as if it were enforced`)
  })
}

/** Without pods that only the files would bring: nothing of theirs can be lost. */
function runningNow(snapshot: Snapshot, { before, source }: Pick<Input, 'before' | 'source'>, shell: Shell): Snapshot {
  if (source !== 'files over cluster') return snapshot
  const known = new Set(before.pods.map(({ namespace, name }) => `${namespace}/${name}`))
  const pods = snapshot.pods.filter(({ namespace, name }) => known.has(`${namespace}/${name}`))
  const added = snapshot.pods.length - pods.length
  if (added > 0)
    note(shell, `${added === 1 ? 'one pod' : `${added} pods`} of the files ${added === 1 ? 'is' : 'are'} not there yet, and left out`)
  return { ...snapshot, pods }
}

/** Other ports of the same Service, such as those for metrics, are not DNS. */
function dnsPortsIn({ configuration }: Snapshot): (service: ServicePort) => boolean {
  const services = new Set(dnsServices(configuration).map(({ namespace, name }) => `${namespace}/${name}`))
  return ({ namespace, service, port, name }) =>
    services.has(`${namespace}/${service}`) && (port === 53 || name === 'dns' || name === 'dns-tcp')
}

function policyCounts(snapshot: Snapshot, state: DesiredState, namespace: string | undefined): Impact['policies'] {
  const namespaces = namespace === undefined ? snapshot.namespaces : snapshot.namespaces.filter(({ name }) => name === namespace)
  const changes = policyChanges(snapshot.networkPolicies as unknown as readonly NetworkPolicy[], state, namespaces)
  const done = changes.filter(({ action }) => action !== 'conflict')
  const count = (action: 'create' | 'change' | 'delete') => done.filter((change) => change.action === action).length
  return {
    create: count('create'),
    change: count('change'),
    delete: count('delete'),
    namespaces: new Set(done.map(({ object }) => object.metadata.namespace)).size,
  }
}
