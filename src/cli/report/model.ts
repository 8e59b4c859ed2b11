/** cli/report/model.ts — PURE: what a report says, before it is drawn or written: groups of pods, the flows between them, and why they pass. */

/** What a check has found. The command `lint` finds them; the report shows those that it is given. */
export type Finding = {
  /** Stable, with a page of its own in the documentation. */
  readonly code: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
  /** "TenantIsolation manning" */
  readonly object: string
  /** "spec.network.egress[0]"; empty when it is about the object as a whole. */
  readonly field: string
  /** Where to read on. */
  readonly doc: string
}

export type NamespaceOf = { readonly name: string; readonly pods: number }

/**
 * A box of the picture, a row and a column of the matrix. `tenant`: one of ours. `rest`: what belongs to no tenant. `platform`: DNS, the API
 * server, pods that are nodes to the network. `outside`: addresses outside of the cluster.
 */
export type Group = {
  readonly kind: 'tenant' | 'rest' | 'platform' | 'outside'
  readonly name: string
  /** In the order of names. */
  readonly namespaces: readonly NamespaceOf[]
  readonly pods: number
  /** One line for people, under the name: a mode, addresses. */
  readonly about: string
}

/** Ports as text, each port in one of the three; empty where there is none. */
export type Open = {
  /** Open for certain. */
  readonly sure: string
  /** Open or not, depending on what NetworkPolicy leaves to the network plugin. */
  readonly depends: string
  /** Between some pods open only because of policies that the operator did not make. */
  readonly foreign: string
}

/** What some pod of a namespace may open to some pod of another. Outside of the cluster, a name or addresses stand for the namespace. */
export type NamespaceFlow = Open & { readonly from: string; readonly to: string }

/** A rule that lets a flow pass on its side. */
export type Because = {
  readonly side: 'egress' | 'ingress'
  /** "ingress/web-to-database of manning", or "no policy selects it". */
  readonly rule: string
  /** "shop/tenant-isolation-abe74f9df906 spec.ingress[0]"; empty where no policy has a say. */
  readonly policy: string
  readonly foreign: boolean
}

/** One flow between pods, as an example of its kind, and the rules that let it pass. */
export type Example = {
  readonly from: string
  readonly to: string
  /** "TCP 5432" */
  readonly port: string
  readonly answer: 'allow' | 'depends'
  readonly because: readonly Because[]
  /** Sentences; for `depends`, on what. */
  readonly notes: readonly string[]
}

/** Everything between two groups. */
export type Flow = Open & {
  /** Indexes of groups; the same one twice for what is within it. */
  readonly from: number
  readonly to: number
  /** Between pods and nodes, and nothing of it certain: it depends on how the network plugin sees nodes. */
  readonly aboutNodes: boolean
  /** Between how many pairs of pods something is certainly open, of how many. */
  readonly pairs: number
  readonly allPairs: number
  readonly between: readonly NamespaceFlow[]
  /** How many pairs of namespaces are left out of `between`. */
  readonly moreBetween: number
  readonly examples: readonly Example[]
  /** Whether there are pairs of namespaces for which no example is given. */
  readonly moreExamples: boolean
}

export type Report = {
  /** What was looked at: "cluster production", "files". */
  readonly title: string
  /** The rest of it, for people: which files, and when a cluster was read. */
  readonly subtitle: string
  /** Tenants, the rest, the platform, outside; each in the order of names. */
  readonly groups: readonly Group[]
  /** Only those in which something is open or depends; by `from`, then by `to`. */
  readonly flows: readonly Flow[]
  /** Undefined: nobody has looked for any. */
  readonly findings: readonly Finding[] | undefined
  /** Sentences: what the reader should know of the input, and what was left out to keep the report small. */
  readonly notes: readonly string[]
}
