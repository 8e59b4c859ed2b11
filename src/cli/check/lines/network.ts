/** cli/check/lines/network.ts — PURE: what can be seen of the network: its plugin, DNS, families of addresses. */

import type { ClusterFacts } from '../facts.ts'
import { type Line, unseenLine } from '../line.ts'
import { pluginsIn } from './plugins.ts'

const TRY_IT = 'try it as docs/check.md#network-plugin says'

export function networkPluginLine({ daemonSets, kubernetes }: ClusterFacts): Line {
  const check = 'network-plugin'
  if (daemonSets === 'unseen') return unseenLine(check, 'the DaemonSets of the network plugin')
  const plugins = pluginsIn(daemonSets)
  const enforcing = plugins.find(({ enforces }) => enforces)
  if (enforcing)
    return { check, mark: 'ok', reason: `${enforcing.name} is there (DaemonSet ${enforcing.where}), which enforces NetworkPolicies` }
  const [other] = plugins
  if (other)
    return {
      check,
      mark: 'missing',
      reason: `${other.name} (DaemonSet ${other.where}) does not enforce NetworkPolicies as it is set up: they would be there and stop nothing`,
      advice: other.advice ?? 'take a network plugin that enforces NetworkPolicies',
    }
  if (/\+k3s/.test(kubernetes))
    return {
      check,
      mark: 'warning',
      reason: 'K3s enforces NetworkPolicies by itself unless it was started with --disable-network-policy, which cannot be seen from here',
      advice: TRY_IT,
    }
  return {
    check,
    mark: 'warning',
    reason:
      'no DaemonSet of a network plugin that is known here was found, and the API server does not know whether NetworkPolicies are enforced',
    advice: TRY_IT,
  }
}

export function dnsLine({ dns }: ClusterFacts): Line {
  if (dns === 'unseen') return unseenLine('dns', 'the Service of cluster DNS')
  if (dns) return { check: 'dns', mark: 'ok', reason: `cluster DNS is ${dns.source} (${dns.addresses.join(', ')})` }
  return {
    check: 'dns',
    mark: 'warning',
    reason: 'cluster DNS was not found, so no tenant is let through to it',
    advice: 'name its Service in the configuration of the operator (dns.service), or say per tenant where it is (network.dns)',
  }
}

const FAMILIES = ['IPv4', 'IPv6'] as const
type Family = (typeof FAMILIES)[number]

export function addressFamiliesLine({ serviceRanges, podRanges }: ClusterFacts): Line {
  const check = 'address-families'
  if (serviceRanges === 'unseen' || podRanges === 'unseen') return unseenLine(check, 'the ranges of pods and Services')
  const pods = familiesOf(podRanges)
  const services = familiesOf(serviceRanges ?? [])
  const said = `Services have ${textOf(services)}, pods ${pods.length === 0 ? 'what no node says (spec.podCIDRs)' : textOf(pods)}`
  if (pods.length < 2 && services.length < 2) return { check, mark: 'ok', reason: said }
  return {
    check,
    mark: 'warning',
    reason: `${said}: a rule by cidr of one family says nothing about the other, which stays closed`,
    advice: 'write ranges of both families where both are meant; lint points out where one is missing (TI004)',
  }
}

function familiesOf(ranges: readonly string[]): readonly Family[] {
  return FAMILIES.filter((family) => ranges.some((range) => range.includes(':') === (family === 'IPv6')))
}

function textOf(families: readonly Family[]): string {
  return families.length === 0 ? 'an unknown family' : families.join(' and ')
}
