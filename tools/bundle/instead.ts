/**
 * bundle/instead.ts — what the bundle has instead of modules of which it needs a small part, or which are asked for and never called.
 *
 * @dot-i/k8s-operator asks for all of @kubernetes/client-node, and with it comes a client for every kind of Kubernetes: 16 MB of source and
 * 40 MB of memory. It makes one CoreV1Api when it is constructed; neither that nor anything else of its requests is used (decision 0003).
 * Whoever does use something that is not here learns it: from esbuild when it is imported, from `absent` when it is called.
 */

export type Instead = {
  /** What is imported, and by whom if it is a path. */
  readonly module: RegExp
  readonly importer?: RegExp
  readonly source: string
}

const ABSENT = `
  function absent(what) {
    throw new Error(what + ' was left out of this bundle, because nothing called it when the bundle was made; see tools/bundle/instead.ts')
  }
`

export const INSTEAD: readonly Instead[] = [
  {
    module: /^@kubernetes\/client-node$/,
    source: `${ABSENT}
      export { KubeConfig } from '@kubernetes/client-node/dist/config.js'
      export class CoreV1Api { get basePath() { return absent('CoreV1Api') } }
      export class ApiextensionsV1Api { createCustomResourceDefinition() { absent('ApiextensionsV1Api') } }
      export class Watch { constructor() { absent('Watch') } }
      export const loadYaml = () => absent('loadYaml')
    `,
  },
  {
    // KubeConfig needs two functions of the generated client, and gets the classes of all kinds with them.
    module: /^\.\/gen\/index\.js$/,
    importer: /client-node\/dist\/config\.js$/,
    source: `
      export { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js'
      export { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js'
    `,
  },
  {
    // By which @dot-i/k8s-operator writes status and finalizers.
    module: /^gaxios$/,
    importer: /k8s-operator/,
    source: `${ABSENT} export const instance = { request: () => absent('gaxios') }`,
  },
  {
    module: /^async$/,
    importer: /k8s-operator/,
    source: `export { default as queue } from 'async/queue.js'`,
  },
  {
    // The rest is fetch, WebSocket, mocks and caches. (The generated client names fetch, and is not used.) What every dispatcher can do
    // beyond dispatching is put on it by undici's index.js, and so it is here.
    module: /^undici$/,
    source: `${ABSENT}
      import api from 'undici/lib/api/index.js'
      import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
      Object.assign(Dispatcher.prototype, api)
      export { default as Agent } from 'undici/lib/dispatcher/agent.js'
      export { default as Pool } from 'undici/lib/dispatcher/pool.js'
      export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js'
      export const fetch = () => absent('fetch')
    `,
  },
  {
    // Our connections are HTTP/1.1 on purpose (src/kube/connections.ts).
    module: /^\.\/client-h2\.js$/,
    importer: /undici\/lib\/dispatcher\/client\.js$/,
    source: `${ABSENT} module.exports = () => absent('HTTP/2')`,
  },
  {
    // Metrics of several processes, for which the modules of clusters and workers are loaded.
    module: /^\.\/lib\/cluster(\.js)?$/,
    importer: /prom-client\/index\.js$/,
    source: `${ABSENT} module.exports = class AggregatorRegistry { constructor() { absent('AggregatorRegistry') } }`,
  },
  {
    // For programs that end before they are scraped; it brings compression with it.
    module: /^\.\/lib\/pushgateway(\.js)?$/,
    importer: /prom-client\/index\.js$/,
    source: `${ABSENT} module.exports = class Pushgateway { constructor() { absent('Pushgateway') } }`,
  },
  {
    // An import, other than a require, reads all that a module of Node exports; and node:http exports a WebSocket for which a second undici
    // is loaded from within Node: 16 MB of memory.
    module: /^(node:)?http$/,
    source: `module.exports = process.getBuiltinModule('node:http')`,
  },
  {
    // Of fifty languages, the one of our messages.
    module: /^\.\.\/locales\/index\.js$/,
    importer: /zod\/v4\//,
    source: `export { default as en } from 'zod/v4/locales/en.js'`,
  },
]
