/**
 * reachability/reachability.ts — who can reach whom, why, and what would change. Everything that others use of this folder, in one place.
 *
 * Input, read once (what cannot be read is a problem with object and field, never a guess):
 *   readPolicies(objects)          networking.k8s.io/v1 NetworkPolicies from an API server or from YAML     -> policies, problems
 *   podOf(object), namespaceOf(object), podOfWorkload(object)   from core/v1 and apps/v1 objects             -> input for readCluster
 *   readCluster(input)             pods, namespaces, ranges of pods                                         -> cluster, problems
 *   networkOf(cluster, policies)   the cluster under these policies: what all questions are put to
 *   outside(name, ranges), endpointAt(cluster, address), findPod(cluster, namespace, name), portsNamed(pod, name)   the ends of a flow
 *
 * Questions:
 *   verdict(network, flow)         allow, deny, or depends with reasons
 *   reach(network, from, to)       the exact ports between two endpoints: allowed, and depending
 *   serviceVerdict(network, flow)  the same for a port of a Service and the pods behind it
 *   explain(network, flow)         who selects, which rule decides, and on a deny what is missing on which side
 *   matrix(network, {groupOf})     all of it between groups: tenants, namespaces, workloads, and what is outside
 *   difference(before, after, {groupOf})   flows that come and go; summarize(changes) says it in few lines
 *   widened(network, {groupOf})    flows that policies of others open beyond ours, by policy
 *   matrixInSteps, differenceInSteps, widenedInSteps   the same for whom a second is too long: generators that tell how far they are
 *
 * Words for people: portsText, portRanges, addressesText, cidrsOf, problemText, policyName, reasonText. Groups: byTenant, byNamespace, byWorkload, byPod.
 */

export {
  type AddressSet,
  ALL_ADDRESSES,
  addressesText,
  cidrsOf,
  familyAddresses,
  hasAddress,
  intersectAddresses,
  onlyAddress,
  parseAddress,
  parseAddresses,
  subtractAddresses,
  unionAddresses,
} from './addresses.ts'
export { type Change, type Summary, summarize } from './changes.ts'
export { type Difference, type DifferenceQuestion, difference, differenceInSteps } from './difference.ts'
export { type Decision, type Explanation, explain, type PolicyRef, type Side } from './explain.ts'
export { byNamespace, byPod, byTenant, byWorkload, type GroupOf } from './groups.ts'
export { type Matrix, type MatrixCell, type MatrixQuestion, matrix, matrixInSteps } from './matrix.ts'
export {
  type Cluster,
  type ClusterInput,
  type Endpoint,
  endpointAt,
  endpointName,
  findPod,
  type NamespaceInput,
  type Outside,
  outside,
  outsideText,
  type Pod,
  type PodInput,
  readCluster,
} from './model.ts'
export type { Missing, NearRule } from './nearest.ts'
export { type Network, networkOf } from './network.ts'
export { namespaceOf, podOf, podOfWorkload } from './objects.ts'
export { isOurs, type Peer, type Policy, policyName, type Rule, tenantOfPolicy } from './policy.ts'
export {
  ALL_PORTS,
  hasPort,
  intersectPorts,
  isProtocol,
  NO_PORTS,
  type PortRange,
  type PortSet,
  PROTOCOLS,
  type Protocol,
  portRanges,
  portSet,
  portsText,
  subtractPorts,
  unionPorts,
} from './ports.ts'
export { type Problem, problemText } from './problems.ts'
export { type Reach, type ReachOptions, type Reason, reach } from './reach.ts'
export { type ReadPolicies, readPolicies } from './read-policy.ts'
export { type Assumptions, REASON_CODES, type ReasonCode, reasonText } from './readings.ts'
export { type ServiceFlow, type ServiceVerdict, serviceVerdict } from './service.ts'
export { finish, type Progress, type Steps } from './steps.ts'
export { type Flow, portsNamed, type Verdict, verdict } from './verdict.ts'
export { type Widening, type WideningQuestion, widened, widenedInSteps } from './widened.ts'
