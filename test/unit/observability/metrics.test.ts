import { expect } from 'chai'
import { createQueue } from '../../../src/controller/queue.ts'
import { runWorkers } from '../../../src/controller/workers.ts'
import { createMetrics, type Metrics } from '../../../src/observability/metrics.ts'
import { ManualClock } from '../../support/manual-clock.ts'

describe('the metrics', () => {
  let metrics: Metrics

  beforeEach(() => {
    metrics = createMetrics({ version: '1.2.3', revision: 'abc' })
  })

  afterEach(() => metrics.close())

  /** The samples whose line begins with `prefix`, as `{labels: value}`. */
  async function samples(prefix: string): Promise<Record<string, string>> {
    const lines = (await metrics.render()).split('\n').filter((line) => new RegExp(`^${prefix}[{ ]`).test(line))
    return Object.fromEntries(lines.map((line) => [/\{(.*)\}/.exec(line)?.[1] ?? '', line.slice(line.lastIndexOf(' ') + 1)]))
  }

  const sample = async (name: string, labels = '') => (await samples(name))[labels]

  it('have the names and labels that dashboards for controller-runtime ask for', async () => {
    metrics.queueObserver('tenants')
    metrics.workersObserver('tenants')
    metrics.leaderElectionObserver('operator')
    const text = await metrics.render()
    const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`)
    expect(names).to.include.members([
      'controller_runtime_reconcile_total counter',
      'controller_runtime_reconcile_errors_total counter',
      'controller_runtime_terminal_reconcile_errors_total counter',
      'controller_runtime_reconcile_panics_total counter',
      'controller_runtime_reconcile_time_seconds histogram',
      'controller_runtime_max_concurrent_reconciles gauge',
      'controller_runtime_active_workers gauge',
      'workqueue_depth gauge',
      'workqueue_adds_total counter',
      'workqueue_queue_duration_seconds histogram',
      'workqueue_work_duration_seconds histogram',
      'workqueue_unfinished_work_seconds gauge',
      'workqueue_longest_running_processor_seconds gauge',
      'workqueue_retries_total counter',
      'rest_client_requests_total counter',
      'rest_client_request_duration_seconds histogram',
      'rest_client_request_retries_total counter',
      'leader_election_master_status gauge',
      'process_cpu_seconds_total counter',
      'process_resident_memory_bytes gauge',
      'process_start_time_seconds gauge',
      'process_open_fds gauge',
    ])
  })

  it('have names of our own for what only we do', async () => {
    const text = await metrics.render()
    const names = [...text.matchAll(/^# TYPE tenantisolation_(\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`)
    expect(names).to.have.members([
      'build_info gauge',
      'managed_objects gauge',
      'drift_reverts_total counter',
      'drift_revert_seconds histogram',
      'namespace_protected_seconds histogram',
      'writes_total counter',
      'condition gauge',
      'watch_restarts_total counter',
      'cache_age_seconds gauge',
      'event_loop_delay_seconds gauge',
      'config_last_reload_successful gauge',
    ])
    expect(await samples('tenantisolation_build_info')).to.deep.equal({
      [`version="1.2.3",revision="abc",node_version="${process.version}"`]: '1',
    })
  })

  it('are separate for each operator in a process', async () => {
    const other = createMetrics({ version: '1' })
    other.written('NetworkPolicy', 'create')
    expect(await samples('tenantisolation_writes_total')).to.deep.equal({})
    other.close()
  })

  it('are in the text format of Prometheus, with labels that cannot break a line', async () => {
    metrics.setCondition({ tenant: 'a"b\nc\\', type: 'Ready', status: 'True', reason: 'Isolated' })
    expect(metrics.contentType).to.match(/^text\/plain; version=0.0.4/)
    for (const line of (await metrics.render()).trimEnd().split('\n')) {
      expect(line).to.match(/^$|^# (HELP|TYPE) |^[a-z_]+(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)*\})? -?[\d.e+-]+$/)
    }
  })

  it('follow a queue and its workers', async () => {
    const clock = new ManualClock()
    const queue = createQueue({ clock, random: () => 1, observer: metrics.queueObserver('tenants') })
    const stop = new AbortController()
    const never = new Promise<never>(() => {})
    const outcomes: Record<string, () => unknown> = {
      good: () => ({ outcome: 'done' }),
      later: () => ({ outcome: 'requeueAfter', ms: 1e6 }),
      bad: () => ({ outcome: 'retry', error: new Error('no') }),
      hopeless: () => ({ outcome: 'failed', error: new Error('no') }),
      bug: () => {
        throw new Error('bug')
      },
      slow: () => never,
    }
    void runWorkers({
      queue,
      concurrency: 2,
      clock,
      signal: stop.signal,
      observer: metrics.workersObserver('tenants'),
      reconcile: async (key) => outcomes[key]?.() as never,
    })
    for (const key of ['slow', 'good', 'later', 'bad', 'hopeless', 'bug']) queue.add(key)
    await clock.run(2)
    queue.add('slow')
    queue.addAfter('x', 1000)
    const tenants = 'name="tenants",controller="tenants"'
    expect(await samples('controller_runtime_reconcile_total')).to.deep.equal({
      'controller="tenants",result="success"': '1',
      'controller="tenants",result="requeue_after"': '1',
      'controller="tenants",result="error"': '3',
    })
    expect(await sample('controller_runtime_reconcile_errors_total', 'controller="tenants"')).to.equal('3')
    expect(await sample('controller_runtime_terminal_reconcile_errors_total', 'controller="tenants"')).to.equal('1')
    expect(await sample('controller_runtime_reconcile_panics_total', 'controller="tenants"')).to.equal('1')
    expect(await sample('controller_runtime_active_workers', 'controller="tenants"')).to.equal('1')
    expect(await sample('controller_runtime_max_concurrent_reconciles', 'controller="tenants"')).to.equal('2')
    expect(await sample('controller_runtime_reconcile_time_seconds_count', 'controller="tenants"')).to.equal('5')
    expect(await sample('workqueue_adds_total', tenants)).to.equal('7')
    expect(await sample('workqueue_retries_total', tenants)).to.equal('2')
    expect(await sample('workqueue_work_duration_seconds_count', tenants)).to.equal('5')
    expect(await sample('workqueue_queue_duration_seconds_count', tenants)).to.equal('6')
    expect(await sample('workqueue_longest_running_processor_seconds', tenants)).to.equal('0.002')
    expect(await sample('workqueue_unfinished_work_seconds', tenants)).to.equal('0.002')
    expect(await samples('workqueue_depth')).to.deep.equal({ [`${tenants},priority="0"`]: '1', [`${tenants},priority="-100"`]: '0' })
    stop.abort()
    queue.shutDown()
  })

  it('have the bounds of their buckets without rounding errors', async () => {
    metrics.queueObserver('tenants').taken?.(1)
    const bounds = Object.keys(await samples('workqueue_queue_duration_seconds_bucket')).map((labels) => /le="(.*?)"/.exec(labels)?.[1])
    expect(bounds).to.deep.equal([
      '1e-8',
      '1e-7',
      '0.000001',
      '0.00001',
      '0.0001',
      '0.001',
      '0.01',
      '0.1',
      '1',
      '10',
      '100',
      '1000',
      '+Inf',
    ])
  })

  it('show counters before the first error, so that a rate sees it', async () => {
    metrics.workersObserver('tenants')
    expect(await sample('controller_runtime_reconcile_panics_total', 'controller="tenants"')).to.equal('0')
    expect(await sample('controller_runtime_reconcile_total', 'controller="tenants",result="error"')).to.equal('0')
  })

  it('say who leads', async () => {
    const observer = metrics.leaderElectionObserver('operator')
    const statuses = [await sample('leader_election_master_status', 'name="operator"')]
    observer.started?.()
    statuses.push(await sample('leader_election_master_status', 'name="operator"'))
    observer.stopped?.('lost')
    statuses.push(await sample('leader_election_master_status', 'name="operator"'))
    expect(statuses).to.deep.equal(['0', '1', '0'])
  })

  it('count requests by method and code, also those without an answer, and retries', async () => {
    const observer = metrics.transportObserver('10.0.0.1:443')
    observer.onRequest?.({ verb: 'update', resource: 'networkpolicies', code: 200, seconds: 0.002 })
    observer.onRequest?.({ verb: 'watch', resource: 'networkpolicies', code: 0, seconds: 1 })
    observer.onRetry?.({ verb: 'update', resource: 'networkpolicies', error: Object.assign(new Error(), { code: 429 }), delayMs: 1 })
    observer.onRetry?.({ verb: 'list', resource: 'networkpolicies', error: new Error('reset'), delayMs: 1 })
    expect(await samples('rest_client_requests_total')).to.deep.equal({
      'code="200",method="PUT",host="10.0.0.1:443"': '1',
      'code="<error>",method="GET",host="10.0.0.1:443"': '1',
    })
    expect(await samples('rest_client_request_retries_total')).to.deep.equal({
      'code="429",verb="PUT",host="10.0.0.1:443"': '1',
      'code="<error>",verb="GET",host="10.0.0.1:443"': '1',
    })
    expect(await sample('rest_client_request_duration_seconds_sum', 'verb="PUT",host="10.0.0.1:443"')).to.equal('0.002')
  })

  it('count the ends of lists and watches by resource and reason, but not our own stop', async () => {
    const observer = metrics.reflectorObserver('networkpolicies')
    for (const reason of ['closed', 'closed', 'silent', 'aborted'] as const)
      observer.onEnd?.({ phase: 'watching', reason, livedMs: 1, waitMs: 0 })
    expect(await samples('tenantisolation_watch_restarts_total')).to.deep.equal({
      'resource="networkpolicies",reason="closed"': '2',
      'resource="networkpolicies",reason="silent"': '1',
    })
  })

  it('ask for what is only worth knowing at a scrape', async () => {
    let age: number | undefined
    let count = 3
    metrics.watchCacheAge('networkpolicies', () => age)
    metrics.watchManagedObjects('NetworkPolicy', () => count)
    expect(await samples('tenantisolation_cache_age_seconds')).to.deep.equal({})
    age = 1.5
    count = 4
    expect(await samples('tenantisolation_cache_age_seconds')).to.deep.equal({ 'resource="networkpolicies"': '1.5' })
    expect(await samples('tenantisolation_managed_objects')).to.deep.equal({ 'kind="NetworkPolicy"': '4' })
    age = undefined
    expect(await samples('tenantisolation_cache_age_seconds')).to.deep.equal({})
  })

  it('show one series for each condition of a tenant, and none when the tenant is gone', async () => {
    metrics.setCondition({ tenant: 'acme', type: 'Ready', status: 'Unknown', reason: 'Suspended' })
    metrics.setCondition({ tenant: 'acme', type: 'Ready', status: 'False', reason: 'Refused' })
    metrics.setCondition({ tenant: 'acme', type: 'Ready', status: 'False', reason: 'Pending' })
    metrics.setCondition({ tenant: 'acme', type: 'Conflicted', status: 'True', reason: 'NameTaken' })
    metrics.setCondition({ tenant: 'other', type: 'Ready', status: 'True', reason: 'Isolated' })
    expect(await samples('tenantisolation_condition')).to.deep.equal({
      'tenant="acme",type="Ready",status="False",reason="Pending"': '1',
      'tenant="acme",type="Conflicted",status="True",reason="NameTaken"': '1',
      'tenant="other",type="Ready",status="True",reason="Isolated"': '1',
    })
    metrics.forgetTenant('acme')
    metrics.forgetTenant('never seen')
    expect(await samples('tenantisolation_condition')).to.deep.equal({ 'tenant="other",type="Ready",status="True",reason="Isolated"': '1' })
    metrics.setCondition({ tenant: 'acme', type: 'Ready', status: 'False', reason: 'Refused' })
    expect(await samples('tenantisolation_condition')).to.have.property('tenant="acme",type="Ready",status="False",reason="Refused"')
  })

  it('of a thousand tenants hold up nothing for long', async () => {
    for (let i = 0; i < 1000; i++) {
      for (const type of ['Ready', 'Conflicted', 'Stalled', 'A', 'B', 'C'])
        metrics.setCondition({ tenant: `tenant-${i}`, type, status: 'True', reason: 'Isolated' })
    }
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      const start = performance.now()
      await metrics.render()
      times.push(performance.now() - start)
    }
    expect(Object.keys(await samples('tenantisolation_condition')).length).to.equal(6000)
    // About 1 ms; prom-client took 10 to 30.
    expect(Math.min(...times)).to.be.lessThan(8)
  })

  it('count drift, protection, writes and reloads', async () => {
    metrics.driftReverted({ kind: 'NetworkPolicy', change: 'edited', seconds: 0.003 })
    metrics.namespaceProtected(0.004)
    metrics.written('NetworkPolicy', 'update')
    metrics.configReloaded(true)
    expect(await samples('tenantisolation_drift_reverts_total')).to.deep.equal({ 'kind="NetworkPolicy",change="edited"': '1' })
    expect(await sample('tenantisolation_drift_revert_seconds_sum')).to.equal('0.003')
    expect(await sample('tenantisolation_namespace_protected_seconds_sum')).to.equal('0.004')
    expect(await samples('tenantisolation_writes_total')).to.deep.equal({ 'kind="NetworkPolicy",verb="update"': '1' })
    expect(await sample('tenantisolation_config_last_reload_successful')).to.equal('1')
    metrics.configReloaded(false)
    expect(await sample('tenantisolation_config_last_reload_successful')).to.equal('0')
  })

  it('show that the event loop stood still, and only since the last scrape', async () => {
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    // The first tick only starts the count.
    await wait(220)
    for (const start = performance.now(); performance.now() - start < 350; );
    await wait(120)
    expect(Number(await sample('tenantisolation_event_loop_delay_seconds', 'quantile="1"'))).to.be.within(0.1, 1)
    expect(await sample('tenantisolation_event_loop_delay_seconds', 'quantile="1"')).to.equal('0')
  })

  it('tell the truth about the process', async () => {
    expect(Number(await sample('process_resident_memory_bytes'))).to.be.within(20e6, 2e9)
    expect(Number(await sample('process_start_time_seconds'))).to.be.closeTo(Date.now() / 1000, 600)
    const cpu = Number(await sample('process_cpu_seconds_total'))
    expect(cpu).to.be.greaterThan(0)
    expect(Number(await sample('process_cpu_seconds_total')), 'not counted twice').to.be.within(cpu, cpu * 1.2)
    expect(Number(await sample('process_open_fds'))).to.be.within(3, 1000)
    expect(Number(await sample('nodejs_heap_size_used_bytes'))).to.be.greaterThan(1e6)
  })

  it('are rendered once for those who ask at the same time', async () => {
    let asked = 0
    metrics.watchManagedObjects('NetworkPolicy', () => ++asked)
    await Promise.all([metrics.render(), metrics.render()])
    expect(asked).to.equal(1)
    await metrics.render()
    expect(asked).to.equal(2)
  })
})
