/** support/mutants/exceptions.ts — mutants that no request can tell from the original, one by one, and why. */

const NO_SUCH_EPHEMERAL = 'the API server takes no ephemeral container with ports, probes or hooks'
const ALL_OR_NONE = 'the API server takes a pod only if all of its containers are host processes, or none'

/** Of the rules for pods. */
export const SAME_RULES: Readonly<Record<string, string>> = {
  'windowsHostProcess: without "variables.spec.?initContainers.orValue([])"': ALL_OR_NONE,
  'windowsHostProcess: without "variables.spec.?ephemeralContainers.orValue([])"': ALL_OR_NONE,
  ...(process.env.KUBERNETES === '1.34' && { 'volumes: without "\'image\'" in a list of 9': 'this API server drops volumes of images' }),
  'hostPorts: without "variables.spec.?ephemeralContainers.orValue([])"': NO_SUCH_EPHEMERAL,
  'probeHosts: without "variables.spec.?ephemeralContainers.orValue([])"': NO_SUCH_EPHEMERAL,
  'hostPaths: "r.?hostPaths.orValue([]).exists(h, v.path.startsWith(h.pa ... refix : h.pathPrefix + \'/\'))" is always true':
    'a path that is outside of all is refused for that already; the custom rules see that it is not called read-only as well',
  'windowsHostProcess: "((variables.spec.containers + variables.spec.?initContain ... ?hostProcess.orValue(false))", it takes all':
    ALL_OR_NONE,
  'probeHosts: "(has(c.livenessProbe) || has(c.readinessProbe) || has(c.startupProbe) || has(c.lifecycle))" is always true':
    'it only spares looking at what is not there',
  'capabilities: "size(r.?capabilities.?requiredDrop.orValue([])) == 0" is always false':
    'it only spares looking at the containers: all of no capabilities are dropped',
  'appArmor: "variables.annotations[k].startsWith(\'localhost/\')" is always true':
    'the API server takes no value that is neither runtime/default nor unconfined nor one of these',
}

const FIRST = 'the message about the first profile asks that itself'

/** Of what is around the rules. */
export const SAME_PROFILES: Readonly<Record<string, string>> = {
  'promised: "s.kind == \'ServiceAccount\'" is always true': 'no other subject has a namespace',
  'why7: "size(s) > 500", but with >=': 'it may be one character more or less',
  'why0: "!(size(variables.profiles) > 0) || (size(variables.profil ... Rules[0].?misfit.hasValue())" is always false': FIRST,
  'why0: "!(size(variables.profiles) > 0)" is always false': FIRST,
}

const SPARES_WORK = 'it only spares looking further: what comes behind it says the same'
const NOTHING_TO_COMPARE = 'where one of the two objects is not there, there is nothing that could be the same'
const JOINS_OR_LEAVES = 'a namespace that is in the tenant only before or only after needs the verb for that already'
const OLDER_SERVERS = 'this API server takes no range that CEL cannot read; older ones do'

/** Of the guards. */
export const SAME_GUARDS: Readonly<Record<string, string>> = {
  'network-guard: "(request.operation == \'CREATE\')" is always false': NOTHING_TO_COMPARE,
  'network-guard: "r.from.exists(p, has(p.cidr))" is always true': SPARES_WORK,
  'network-guard: "r.to.exists(p, has(p.cidr))" is always true': SPARES_WORK,
  'network-guard: "(isCIDR(p.ipBlock.cidr))" is always true': OLDER_SERVERS,
  'network-guard: "isCIDR(x)" is always true': OLDER_SERVERS,
  'membership-guard: "((oldObject == null || object.metadata.?labels.orValue({} ... be-controller-manager\'])))))" is always true':
    SPARES_WORK,
  'membership-guard: "!(k in variables.was) || variables.was[k] != variables.now[k]" is always true': SPARES_WORK,
  'membership-guard: "!(k in variables.now)" is always true': SPARES_WORK,
  'membership-guard: "variables.touched.exists(k, k in p.namespaceSelector.?mat ... e([]).exists(e, e.key == k))" is always true':
    SPARES_WORK,
  'membership-guard: "variables.touched.exists(k, k in r.appliesTo.namespaceSel ... e([]).exists(e, e.key == k))" is always true':
    SPARES_WORK,
  'membership-guard: "variables.before" is always false': JOINS_OR_LEAVES,
  'membership-guard: "variables.after" is always false': JOINS_OR_LEAVES,
  'children-guard: "[dyn(object), dyn(oldObject)].filter(o, o != null).exists ... sWith(\'tenant-isolation:\')))", it takes all':
    'both objects have the same name',
  'operator-guard: "size(r.?nonResourceURLs.orValue([])) == 0" is always true':
    'the API server takes no rule for resources and URLs at once',
  'operator-guard: "(request.operation == \'UPDATE\')" is always true': NOTHING_TO_COMPARE,
  'operator-guard: "(request.operation == \'DELETE\')" is always true':
    "what has no label is no tenant's, so what it says of roles and bindings refuses to write it as well",
}
