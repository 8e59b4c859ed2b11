/** Where a reflector puts what it sees. All calls are synchronous and come from one loop, in order. */

export type Sink<T> = {
  /**
   * A complete list begins. What is not named by an `upsert` until `synced` is gone.
   * `rewound`: the server's history went back (etcd was restored), so versions held so far mean nothing any more.
   */
  restart(options?: { readonly rewound?: boolean }): void
  /** `initial`: part of a list, not news. */
  upsert(object: T, context: { readonly initial: boolean }): void
  /** The object as it was last, with the resourceVersion of its removal. */
  remove(object: T): void
  /** The list is complete as of this version. */
  synced(resourceVersion: string): void
  /** Everything up to this version has been delivered. */
  progressed(resourceVersion: string): void
}
