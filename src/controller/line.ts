/** controller/line.ts — a line to stand in: first come, first served, and whoever stands in it may leave. All in constant time. */

/** Something that can stand in one line at a time. The fields belong to Line. */
export type Standing<T> = { before: T | undefined; behind: T | undefined }

/** A doubly linked list through its items: an array is slow to leave from the middle, and a Map walks over the holes that leaving made. */
export class Line<T extends Standing<T>> {
  #first: T | undefined
  #last: T | undefined

  /** `item` must not stand in any line. */
  push(item: T): void {
    item.before = this.#last
    if (this.#last) this.#last.behind = item
    else this.#first = item
    this.#last = item
  }

  /** `item` must stand in this line. */
  remove(item: T): void {
    if (item.before) item.before.behind = item.behind
    else this.#first = item.behind
    if (item.behind) item.behind.before = item.before
    else this.#last = item.before
    item.behind = undefined
  }

  shift(): T | undefined {
    const item = this.#first
    if (item) this.remove(item)
    return item
  }
}
