/** reconcile/overtaken.ts — not an error: the picture was a moment old. */

/** Somebody else wrote first, or the cache was behind: nothing is wrong, and the next look decides. */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError'
  /** `what`: "namespace shop". */
  constructor(what: string) {
    super(`${what} changed while it was being written; looking again`)
  }
}
