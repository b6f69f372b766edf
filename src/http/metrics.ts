import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { PoolLike, Statement } from '../records/database.ts'

export type OperationType = 'query' | 'mutation' | 'subscription' | 'none'

export interface ObservedOperation {
  readonly transport: 'http' | 'ws'
  readonly type: OperationType
  /** `ok`, or the code of the first error. */
  readonly outcome: string
  readonly milliseconds: number
  /** Record statements that the operation needed; undefined where the engine does not say. */
  readonly statements: number | undefined
}

/** Rows that wait in the outbox for their position. */
export interface OutboxLag {
  readonly rows: number
  /** Age of the oldest, in seconds; 0 where none waits. */
  readonly seconds: number
}

/** What waits in the queue of jobs. */
export interface QueueState {
  readonly jobs: ReadonlyMap<string, number>
  /** Seconds for which the job has waited that waits longest. */
  readonly oldest: number
  readonly deliveries: ReadonlyMap<string, number>
}

export interface MetricsSources {
  readonly pool?: Pick<PoolLike, 'totalCount' | 'idleCount' | 'waitingCount'>
  /** Asked at most every five seconds, when somebody reads the metrics. */
  readonly outboxLag?: () => Promise<OutboxLag>
  /** Likewise. */
  readonly queue?: () => Promise<QueueState>
}

/** What a metric is: `docs/metrics.md` is made of it. */
export interface MetricDescription {
  readonly name: string
  /** `counter`, `gauge` or `histogram`. */
  readonly type: string
  readonly labels: readonly string[]
  readonly help: string
}

/** Prometheus metrics of this process. They name no records, people or versions. */
export interface Metrics {
  operation(observed: ObservedOperation): void
  /** The observer of `Database`. */
  readonly statement: (statement: Statement, milliseconds: number) => void
  /** Calls of plugins, and what they count themselves. */
  readonly plugins: { call(plugin: string, outcome: string, milliseconds: number): void; count(plugin: string, name: string, by: number): void }
  socketOpened(): void
  socketClosed(): void
  /** Where gauges come from that are read when they are asked for. */
  watch(sources: MetricsSources): void
  readonly contentType: string
  text(): Promise<string>
  described(): readonly MetricDescription[]
  /** Ends the event-loop monitor. */
  close(): void
}

/** A metric object of prom-client, whose types leave this out. */
interface Registered {
  readonly name: string
  readonly type: string
  readonly labelNames: readonly string[]
  readonly help: string
}

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const LAG_CACHE = 5_000

export function createMetrics(): Metrics {
  const registers = [new Registry()]
  const registry = registers[0] as Registry
  const latency = new Histogram({
    registers,
    name: 'guanxi_request_duration_seconds',
    help: 'Time of GraphQL operations by type and outcome.',
    labelNames: ['transport', 'type', 'outcome'],
    buckets: LATENCY_BUCKETS,
  })
  const pluginCalls = new Histogram({
    registers,
    name: 'guanxi_plugin_call_duration_seconds',
    help: "Time of calls of plugins' code by outcome.",
    labelNames: ['plugin', 'outcome'],
    buckets: LATENCY_BUCKETS,
  })
  const pluginTotal = new Counter({ registers, name: 'guanxi_plugin_total', help: 'What plugins count.', labelNames: ['plugin', 'name'] })
  const statements = new Histogram({
    registers,
    name: 'guanxi_request_statements',
    help: 'Record statements of one GraphQL operation.',
    labelNames: ['type'],
    buckets: [0, 1, 2, 3, 5, 8, 13, 21, 50, 100],
  })
  const statementTime = new Histogram({
    registers,
    name: 'guanxi_statement_duration_seconds',
    help: 'Time of database statements by purpose.',
    labelNames: ['purpose'],
    buckets: LATENCY_BUCKETS,
  })
  const sockets = new Gauge({ registers, name: 'guanxi_sockets', help: 'Open WebSockets.' })
  const sources: MetricsSources[] = []
  const loop = monitorEventLoopDelay({ resolution: 20 })
  loop.enable()
  processGauges(registers, loop)
  sourceGauges(registers, sources)

  return {
    operation: ({ transport, type, outcome, milliseconds, statements: count }) => {
      latency.observe({ transport, type, outcome }, milliseconds / 1000)
      if (count !== undefined) statements.observe({ type }, count)
    },
    statement: ({ purpose }, milliseconds) => statementTime.observe({ purpose }, milliseconds / 1000),
    socketOpened: () => sockets.inc(),
    socketClosed: () => sockets.dec(),
    plugins: {
      call: (plugin, outcome, milliseconds) => pluginCalls.observe({ plugin, outcome }, milliseconds / 1_000),
      count: (plugin, name, by) => pluginTotal.inc({ plugin, name }, by),
    },
    watch: (source) => void sources.push(source),
    contentType: registry.contentType,
    text: () => registry.metrics(),
    described: () =>
      (registry.getMetricsAsArray() as (ReturnType<Registry['getMetricsAsArray']>[number] & Registered)[]).map(({ name, type, labelNames, help }) => ({
        name,
        type,
        labels: labelNames,
        help,
      })),
    close: () => loop.disable(),
  }
}

function processGauges(registers: Registry[], loop: ReturnType<typeof monitorEventLoopDelay>): void {
  new Gauge({
    registers,
    name: 'guanxi_event_loop_delay_seconds',
    help: 'Delay of the event loop since the last reading, beyond its 20 ms sampling.',
    labelNames: ['quantile'],
    collect() {
      for (const quantile of [50, 99, 100]) this.set({ quantile: String(quantile / 100) }, Math.max(0, (loop.percentile(quantile) || 0) / 1e9 - 0.02))
      loop.reset()
    },
  })
  new Gauge({
    registers,
    name: 'guanxi_memory_bytes',
    help: 'Memory of the process.',
    labelNames: ['kind'],
    collect() {
      const { rss, heapUsed, external } = process.memoryUsage()
      this.set({ kind: 'resident' }, rss)
      this.set({ kind: 'heap' }, heapUsed)
      this.set({ kind: 'external' }, external)
    },
  })
  new Counter({
    registers,
    name: 'guanxi_cpu_seconds_total',
    help: 'Processor time of the process.',
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
}

function sourceGauges(registers: Registry[], sources: readonly MetricsSources[]): void {
  new Gauge({
    registers,
    name: 'guanxi_pool_connections',
    help: 'Database connections of the pool, and requests that wait for one.',
    labelNames: ['state'],
    collect() {
      for (const { pool } of sources) {
        if (!pool) continue
        this.set({ state: 'idle' }, pool.idleCount)
        this.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
        this.set({ state: 'waiting' }, pool.waitingCount)
      }
    },
  })
  const readLag = rarely(() => first(sources.map(({ outboxLag }) => outboxLag)))
  const lagGauge = (name: string, help: string, value: (lag: OutboxLag) => number): void => {
    new Gauge({
      registers,
      name,
      help,
      async collect() {
        const lag = await readLag()
        if (lag) this.set(value(lag))
      },
    })
  }
  lagGauge('guanxi_outbox_lag_rows', 'Committed changes that have no position yet (counted up to 10,000).', ({ rows }) => rows)
  lagGauge('guanxi_outbox_lag_seconds', 'Age of the oldest committed change that has no position yet.', ({ seconds }) => seconds)
  queueGauges(
    registers,
    rarely(() => first(sources.map(({ queue }) => queue))),
  )
}

function queueGauges(registers: Registry[], read: () => Promise<QueueState | undefined>): void {
  const gauge = (name: string, help: string, labelNames: string[], set: (gauge: Gauge, state: QueueState) => void): void => {
    new Gauge({
      registers,
      name,
      help,
      labelNames,
      async collect() {
        const state = await read()
        if (state) set(this, state)
      },
    })
  }
  const byState = (states: readonly string[], of: (state: QueueState) => ReadonlyMap<string, number>) => (gauge: Gauge, state: QueueState) => {
    for (const name of states) gauge.set({ state: name }, of(state).get(name) ?? 0)
  }
  const jobs = byState(['due', 'scheduled', 'running', 'dead'], (state) => state.jobs)
  gauge('guanxi_jobs', 'Jobs of the queue by what becomes of them; read in processes that do what is due.', ['state'], jobs)
  gauge('guanxi_jobs_oldest_seconds', 'Time for which the job has waited that waits longest.', [], (each, { oldest }) => each.set(oldest))
  const deliveries = byState(['queued', 'sending', 'failed', 'dead'], (state) => state.deliveries)
  gauge('guanxi_deliveries', 'Deliveries by state, those that were sent or skipped apart.', ['state'], deliveries)
}

/** What the first source answers that there is. Without the database there is no reading: the last one stays. */
function first<T>(sources: readonly ((() => Promise<T>) | undefined)[]): Promise<T | undefined> {
  return (
    sources
      .find((source) => source !== undefined)?.()
      .catch(() => undefined) ?? Promise.resolve(undefined)
  )
}

/** Asks at most every five seconds. */
function rarely<T>(ask: () => Promise<T>): () => Promise<T> {
  let askedAt = Number.NEGATIVE_INFINITY
  let answer: Promise<T> | undefined
  return () => {
    if (answer && performance.now() - askedAt < LAG_CACHE) return answer
    askedAt = performance.now()
    answer = ask()
    return answer
  }
}
