/**
 * control-plane/binaries-ready.ts — compiles what is not there yet, before anything that has a time limit needs it: a control plane, and the
 * tools that are named as arguments.
 */

import { ensureBinaries } from './binaries.ts'
import { BINARIES, TOOLS } from './go-module.ts'
import { reportTo } from './report.ts'

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !TOOLS.some((tool) => tool === name))
if (unknown.length > 0) throw new Error(`there is no tool ${unknown.join(', ')}; name some of ${TOOLS.join(', ')}`)
await ensureBinaries({ names: [...BINARIES, ...TOOLS.filter((name) => asked.includes(name))], report: reportTo(process.stderr) })
