/**
 * Comparing resourceVersions.
 *
 * Within one resource type they are comparable as integers: guaranteed from Kubernetes 1.35 (KEP-5504), true of every etcd-backed API
 * server before. They may exceed 2^53, so they are compared as decimal strings.
 */

const INTEGER = /^(0|[1-9][0-9]*)$/

/** Negative, zero or positive as `a` is older than, the same as or newer than `b`; undefined when one of them is not an integer. */
export function compareVersions(a: string, b: string): number | undefined {
  if (a === b) return 0
  if (!INTEGER.test(a) || !INTEGER.test(b)) return undefined
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : 1
}

/** Whether `a` is known to be older than `b`. Versions that cannot be compared are never older. */
export function isOlder(a: string, b: string): boolean {
  const order = compareVersions(a, b)
  return order !== undefined && order < 0
}
