/** support/mutants/exceptions.ts — mutants that no request can tell from the original, one by one, and why. */

const NO_SUCH_EPHEMERAL = 'the API server takes no ephemeral container with ports, probes or hooks'
const ALL_OR_NONE = 'the API server takes a pod only if all of its containers are host processes, or none'

export const SAME_RULES: Readonly<Record<string, string>> = {
  'windowsHostProcess: without "variables.spec.?initContainers.orValue([])"': ALL_OR_NONE,
  'windowsHostProcess: without "variables.spec.?ephemeralContainers.orValue([])"': ALL_OR_NONE,
  'hostPorts: without "variables.spec.?ephemeralContainers.orValue([])"': NO_SUCH_EPHEMERAL,
  'probeHosts: without "variables.spec.?ephemeralContainers.orValue([])"': NO_SUCH_EPHEMERAL,
  'hostPaths: "r.?hostPaths.orValue([]).exists(h, v.path.startsWith(h.pa ... refix : h.pathPrefix + \'/\'))" is always true':
    'a path that is outside of all is refused for that already; the custom rules see that it is not called read-only as well',
  'capabilities: "size(r.?capabilities.?requiredDrop.orValue([])) == 0" is always false':
    'it only spares looking at the containers: all of no capabilities are dropped',
  'appArmor: "variables.annotations[k].startsWith(\'localhost/\')" is always true':
    'the API server takes no value that is neither runtime/default nor unconfined nor one of these',
}
