/** control-plane/binaries-ready.ts — compiles what is not there yet, before anything that has a time limit needs it. */

import { ensureBinaries } from './binaries.ts'
import { reportTo } from './report.ts'

await ensureBinaries({ report: reportTo(process.stderr) })
