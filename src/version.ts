/** version.ts — the version of this program: baked in by the bundle, read from package.json in a checkout. */

import { readFileSync } from 'node:fs'

/** Defined by tools/bundle.ts. */
declare const TENANT_ISOLATION_VERSION: string | undefined

export function version(): string {
  if (typeof TENANT_ISOLATION_VERSION === 'string') return TENANT_ISOLATION_VERSION
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}
