/** cli/network/view.ts — under which policies a command looks at the flows: those that are there, or those that the operator would leave. */

import type { Command } from 'commander'
import type { Input } from '../input/input.ts'

export type ViewOptions = { readonly after?: boolean }

/** now: the policies that are there. after: those that the operator would leave. both: after, compared with now. */
export type View = 'now' | 'after' | 'both'

export function addViewOption(command: Command): Command {
  return command.option(
    '--after',
    'under the policies that the operator would leave once its work is done; the default where files say what to change',
  )
}

/** Files alone tell of a cluster that is to be: with a TenantIsolation among them, what the operator would make of it is what matters. */
export function viewOf({ after }: ViewOptions, { source, snapshot }: Pick<Input<unknown>, 'source' | 'snapshot'>): View {
  if (after || source === 'files over cluster') return 'both'
  return source === 'files' && snapshot.tenants.length > 0 ? 'after' : 'now'
}
