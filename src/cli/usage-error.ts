/** cli/usage-error.ts — something that the person at the keyboard can mend: told in one sentence, without a stack trace. */

export class UsageError extends Error {
  override readonly name = 'UsageError'
}
