/** bench/table.ts — PURE: the report for people, beside the targets and the peers' figures of DESIGN section 8. */

import type { Timed } from './cases/context.ts'
import type { Distribution, Noise } from './measure.ts'
import type { Report } from './report.ts'

const HEAD = ['', 'here', 'noise', 'target', 'floor', 'Capsule 0.14', 'Kyverno 1.19']

export function tableOf(report: Report): string {
  const { rollout, restart, rest, floor, noise, fromReply, fromSending, machine, versions } = report
  const rows = [
    HEAD,
    [
      `rollout, ${rollout.objects} policies`,
      `${rollout.seconds} s, ${rollout.writes} writes`,
      `first after ${rollout.firstPolicySeconds} s, ${rollout.cpuSeconds} s CPU`,
      '< 3 s, 2500 + status',
      `${rollout.bareSeconds} s: bare loop (ratio ${rollout.ratio})`,
      '102 s, 8115',
      '83 s, 3564',
    ],
    ['namespace -> sealed', times(report.namespaceToSealedMs), noiseText(noise.namespaceToSealedMs), '< 4; < 15 ms', '', '', ''],
    ['  from the reply', times(fromReply.namespaceToSealedMs), '', '', 'about 2.5 ms', '', ''],
    [
      'namespace -> all policies',
      withWrites(report.namespaceToAllMs),
      noiseText(noise.namespaceToAllMs),
      '< 8; < 30 ms, 5 writes + status',
      '',
      '217; 429 ms, 48',
      '64; 105 ms, 10',
    ],
    ['  from the reply', times(fromReply.namespaceToAllMs), '', '', '', '202; 407 ms', '58; 99 ms'],
    [
      'drift: edit -> repaired',
      withWrites(report.driftEditMs),
      noiseText(noise.driftEditMs),
      '< 2.8; < 5 ms, 1 write',
      times(floor.driftEditMs),
      '21; 31 ms, 33',
      '3.1; 5.2 ms, 1',
    ],
    ['  from sending', times(fromSending.driftEditMs), '', '', times(fromSending.floor.driftEditMs), '', ''],
    [
      'drift: deletion -> repaired',
      withWrites(report.driftDeleteMs),
      noiseText(noise.driftDeleteMs),
      '< 2.5; < 5 ms, 1 write',
      times(floor.driftDeleteMs),
      '27; 60 ms, 33',
      '2.8; 5.7 ms, 1',
    ],
    ['  from sending', times(fromSending.driftDeleteMs), '', '', times(fromSending.floor.driftDeleteMs), '', ''],
    [
      'rule edited -> in 5 namespaces',
      withWrites(report.ruleEditMs),
      noiseText(noise.ruleEditMs),
      '< 20 ms, 5 writes + status',
      '',
      '54 ms, 38',
      '127 s, 22475',
    ],
    [
      'restart',
      `ready ${restart.readyMs} ms, steady ${restart.steadyMs} ms, ${restart.writes} writes, ${restart.lists} lists`,
      '',
      '< 1 s, 0 writes',
      '',
      '38 s, 2529',
      '117 s, 4292',
    ],
    ['  drift made meanwhile', `${restart.driftRepairedMs} ms, ${restart.driftWrites} writes`, '', 'with it', '', '36 s', '113 s'],
    [
      `rest, ${rest.seconds} s`,
      `${rest.writes} writes, ${rest.lists} lists, ${rest.cpuSeconds} s CPU`,
      `${rest.events} events, ${rest.leases} lease renewals`,
      '0 writes',
      '',
      '0; 0; 0.08 s',
      '12; 0; 0.29 s',
    ],
    ['memory at rest (peak)', `${report.rssMiB} (${report.peakRssMiB}) MiB`, '', '< 100 MiB', '45: bare Node', '117 (128)', '336 (410)'],
  ]
  const { cores, model, memoryGiB, busyElsewhere } = machine
  return [
    `tenant-isolation ${versions.operator}, Node ${versions.node}, Kubernetes ${versions.kubernetes}; ${cores} cores (${model}), ${memoryGiB} GiB`,
    `${Math.round(100 * busyElsewhere)} % of the machine was busy with something else`,
    'times: p50; p99 (max), nearest rank; noise: min, and p50 of the first, second and last third; writes per operation',
    '',
    ...columns(rows),
    '',
  ].join('\n')
}

function times({ p50, p99, max }: Distribution): string {
  return `${p50}; ${p99} (${max}) ms`
}

function withWrites(timed: Timed): string {
  return `${times(timed)}, ${timed.writes} writes${timed.events > 0 ? `, ${timed.events} events` : ''}`
}

function noiseText({ min, thirds }: Noise): string {
  return `${min}; ${thirds.join(', ')}`
}

export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
