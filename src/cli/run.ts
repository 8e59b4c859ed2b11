/** cli/run.ts — `tenant-isolation run`: the operator, until it is told to stop. */

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type HealthServer, startHealthServer } from '../observability/health.ts'
import { createLogger, type LogFormat, type Logger, type LogLevel } from '../observability/logger.ts'
import { createMetrics, type Metrics } from '../observability/metrics.ts'
import { createTelemetry } from '../observability/telemetry.ts'
import { TenantIsolationOperator } from '../operator.ts'
import { CONTEXT_HELP, KUBECONFIG_HELP, loadKubeConfig } from './kubeconfig.ts'
import { examples, type Shell } from './shell.ts'
import { UsageError } from './usage-error.ts'

type Options = {
  readonly kubeconfig?: string
  readonly context?: string
  readonly config?: string
  readonly namespace: string
  readonly leaseName: string
  readonly identity: string
  readonly listen: string
  readonly concurrency: number
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

/** Resolves with the exit code once the operator has stopped. */
export function runCommand(shell: Shell): Command {
  return new Command('run')
    .description('Run the operator: keeps every TenantIsolation of the cluster, until SIGINT or SIGTERM.')
    .option('--kubeconfig <file>', KUBECONFIG_HELP)
    .option('--context <name>', CONTEXT_HELP)
    .option('--config <file>', "the operator's configuration; it is read again when it changes")
    .option(
      '--namespace <name>',
      'the namespace of the operator, where its Lease is',
      process.env.POD_NAMESPACE ?? 'tenant-isolation-system',
    )
    .option('--lease-name <name>', 'the Lease by which replicas agree who writes', 'tenant-isolation')
    .option('--identity <name>', 'the name of this replica', process.env.POD_NAME ?? `${hostname()}_${randomUUID().slice(0, 8)}`)
    .option('--listen <address>', 'where /metrics, /healthz and /readyz are served: HOST:PORT or :PORT; port 0 takes a free one', ':8080')
    .option('--concurrency <number>', 'how many namespaces are written at once', positive, 32)
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(['error', 'warn', 'info', 'debug']).default('info'))
    .addOption(
      new Option('--log-format <format>', 'auto: text on a terminal, JSON otherwise').choices(['auto', 'json', 'text']).default('auto'),
    )
    .addHelpText(
      'after',
      examples(shell, [
        ['against the cluster of the current kubeconfig, with readable logs', 'run'],
        [
          'as in a cluster: its own service account, configuration from a ConfigMap',
          'run --config /etc/tenant-isolation/config.yaml --listen :8080',
        ],
      ]),
    )
    .action((options: Options) => run(options, shell.version))
}

async function run(options: Options, version: string): Promise<void> {
  const logger = createLogger({ level: options.logLevel, format: options.logFormat })
  const metrics = createMetrics({ version })
  const kubeConfig = loadKubeConfig(options)
  const operator = new TenantIsolationOperator({
    kubeConfig,
    namespace: options.namespace,
    leaseName: options.leaseName,
    identity: options.identity,
    configurationFile: options.config,
    concurrency: options.concurrency,
    version,
    telemetry: createTelemetry({ logger, metrics, server: new URL(kubeConfig.getCurrentCluster()?.server ?? 'https://unknown').host }),
  })
  const health = await listen(options.listen, metrics, operator)
  logger.info(`tenant-isolation ${version} serves /metrics, /healthz and /readyz`, { port: health.port, identity: options.identity })
  const stopped = untilToldToStop(logger)
  try {
    await Promise.race([operator.start(), stopped])
    await stopped
  } finally {
    await operator.stop()
    await health.close()
    logger.info('stopped')
  }
}

/** Alive is whoever answers; ready is whoever knows the cluster. */
async function listen(address: string, metrics: Metrics, { readiness }: TenantIsolationOperator): Promise<HealthServer> {
  try {
    return await startHealthServer({ address, metrics, readiness, liveness: {} })
  } catch (error) {
    throw new UsageError(
      `cannot listen on ${address}: ${error instanceof Error ? error.message : String(error)}; choose another address with --listen`,
    )
  }
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once, as the default is. */
function untilToldToStop(logger: Logger): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      logger.info(`${signal}: ending the work at hand`)
      resolve()
    })
  }
  return promise
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('write a whole number above 0.')
  return value
}
