/** plugin/manifest.ts — how krew is told about the plugin (krew.googlecontainertools.github.com/v1alpha2). */

import { stringify } from 'yaml'

const HOME = 'https://github.com/tenant-isolation/tenant-isolation'

export type Release = { readonly version: string; readonly archive: string; readonly sha256: string }

/** One archive for all machines, for there is nothing compiled in it; Windows has no shell for its scripts. */
export function krewManifest({ version, archive, sha256 }: Release): string {
  return stringify(
    {
      apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
      kind: 'Plugin',
      metadata: { name: 'tenant-isolation' },
      spec: {
        version: `v${version}`,
        homepage: HOME,
        shortDescription: 'See, check and explain the isolation of tenants',
        description:
          'Says who can reach whom in a cluster, why, and what is missing; renders and\ncompares what TenantIsolations become; lints and tests them in pull requests;\nchecks whether a cluster has what tenant-isolation needs.\n',
        caveats: `Needs Node 26 or newer in PATH.\n\nFor completion, link what kubectl asks to where it looks:\n\n  ln -s "\${KREW_ROOT:-$HOME/.krew}/store/tenant-isolation/v${version}/kubectl_complete-tenant_isolation" \\\n    "\${KREW_ROOT:-$HOME/.krew}/bin/"\n`,
        platforms: [
          {
            selector: { matchExpressions: [{ key: 'os', operator: 'In', values: ['darwin', 'linux'] }] },
            uri: `${HOME}/releases/download/v${version}/${archive}`,
            sha256,
            bin: 'kubectl-tenant_isolation',
          },
        ],
      },
    },
    { lineWidth: 0 },
  )
}
