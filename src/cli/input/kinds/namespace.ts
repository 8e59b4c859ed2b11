/** cli/input/kinds/namespace.ts — PURE: namespaces: their names and labels. */

import { z } from 'zod'
import { NAMESPACE_NAME_LABEL } from '../../../api/labels.ts'
import type { Labels } from '../../../api/selectors.ts'
import { metadata, reader } from './metadata.ts'

export type Namespace = {
  readonly name: string
  readonly labels: Labels
  readonly terminating: boolean
  /** No Namespace says so; something is in it. */
  readonly implied: boolean
}

export const readNamespace = reader(
  z.object({ metadata }).transform(
    ({ metadata: { name, labels, deletionTimestamp } }): Namespace => ({
      name,
      labels: { ...labels, [NAMESPACE_NAME_LABEL]: name },
      terminating: deletionTimestamp !== undefined,
      implied: false,
    }),
  ),
)

/** A namespace of which nothing is known but that it exists; the API server gives it this label itself. */
export function impliedNamespace(name: string): Namespace {
  return { name, labels: { [NAMESPACE_NAME_LABEL]: name }, terminating: false, implied: true }
}
