/** reachability/steps.ts — long questions in steps, so that others get their turn, and people see how far it is. */

/** How many steps are done, of how many. */
export type Progress = { readonly done: number; readonly all: number }

/** A question that is under way: each step takes a fraction of a millisecond, or a few. */
export type Steps<T> = Generator<Progress, T>

/** All steps at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
