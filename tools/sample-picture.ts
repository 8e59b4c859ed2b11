/** sample-picture.ts — the picture in README: what `report --svg` draws of the samples, in a small cluster with a policy of somebody else. */

import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { readInput } from '../src/cli/input/input.ts'
import { OPERATOR_NAMESPACE } from '../src/cli/input/snapshot.ts'
import { ENTRY_NEEDS } from '../src/cli/network/networks.ts'
import { reportOf } from '../src/cli/report/collect/report.ts'
import { pictureFile, pictureOf } from '../src/cli/report/picture/svg.ts'

const ROOT = join(import.meta.dirname, '..')
const FILES = ['config/samples', 'docs/examples/cluster.yaml', 'docs/examples/opened.yaml']

export async function samplePicture(): Promise<string> {
  const silent = new PassThrough().resume()
  const { snapshot, source } = await readInput({
    options: { file: FILES.map((path) => join(ROOT, path)), operatorNamespace: OPERATOR_NAMESPACE },
    needs: ENTRY_NEEDS,
    shell: { name: '', version: '', stdin: silent, stdout: silent, stderr: silent, env: {}, conclude: () => {} },
  })
  const report = reportOf({ title: 'Who reaches whom', subtitle: '', snapshot, source })
  return pictureFile(report, pictureOf(report))
}
