/** control-plane/binaries-ready.ts — compiles what is not there yet, before anything that has a time limit needs it. */

import { ensureBinaries } from './binaries.ts'
import { BINARIES } from './go-module.ts'
import { reportTo } from './report.ts'

const names = process.argv.includes('--helm') ? ([...BINARIES, 'helm'] as const) : BINARIES
await ensureBinaries({ names, report: reportTo(process.stderr) })
