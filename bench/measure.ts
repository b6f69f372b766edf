import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { type BenchCase, type BenchRequest, SERVERS, type ServerName } from './cases.ts'
import { backendPids, cpuSeconds } from './cpu.ts'
import type { LoadOrder, LoadResult } from './load-worker.ts'
import { type BenchServer, TYPESCRIPT } from './servers/child.ts'

export interface Plan {
  readonly connections: number
  readonly rounds: number
  /** Length of one run. */
  readonly milliseconds: number
  readonly warmUpMilliseconds: number
}

/** What one server did in one case, over all rounds. */
export interface Figures {
  /** Median of the rounds' requests a second. */
  readonly rps: number
  /** Requests a second of each round. */
  readonly rounds: readonly number[]
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Body of an answer. */
  readonly bytes: number
  /** Microseconds of CPU a request, of the Node process and of PostgreSQL's backends that serve it; null where they cannot be read. */
  readonly cpuServer: number | null
  readonly cpuPostgres: number | null
}

export type CaseFigures = Readonly<Record<ServerName, Figures>>

interface Run extends LoadResult {
  readonly cpuServer: number | null
  readonly cpuPostgres: number | null
}

/**
 * Runs every case against every server, one at a time, in many short rounds that each begin with another server, so that whatever else the machine does
 * falls on all alike.
 */
export async function measureAll(
  cases: readonly BenchCase[],
  servers: Readonly<Record<ServerName, BenchServer>>,
  client: pg.Client,
  plan: Plan,
  progress: (message: string) => void,
): Promise<ReadonlyMap<string, CaseFigures>> {
  const load = startLoadGenerator()
  const runs = new Map<string, Run[]>()
  try {
    for (let round = 0; round <= plan.rounds; round += 1) {
      progress(round === 0 ? 'warming up' : `round ${round} of ${plan.rounds}`)
      const headers = new Map(await Promise.all(SERVERS.map(async (name) => [name, await servers[name].headers()] as const)))
      for (const { name, requests } of cases) {
        for (let turn = 0; turn < SERVERS.length; turn += 1) {
          const server = SERVERS[(turn + round) % SERVERS.length] as ServerName
          const order: LoadOrder = {
            port: servers[server].port,
            requests: requests[server].map((request) => wireText(request, headers.get(server) ?? {})),
            connections: plan.connections,
            milliseconds: round === 0 ? plan.warmUpMilliseconds : plan.milliseconds,
          }
          const run = await withCpu(servers[server], client, () => load.run(order))
          if (run.failure !== null) throw new Error(`${name}, ${server}: ${run.failure}`)
          if (round > 0) runs.set(`${name}/${server}`, [...(runs.get(`${name}/${server}`) ?? []), run])
        }
      }
    }
  } finally {
    load.stop()
  }
  const figuresOf = (name: string) =>
    Object.fromEntries(SERVERS.map((server) => [server, summarize(runs.get(`${name}/${server}`) ?? [])])) as Record<ServerName, Figures>
  return new Map(cases.map(({ name }) => [name, figuresOf(name)]))
}

/** The load generator, for one order at a time. */
export function startLoadGenerator() {
  const child = fork(fileURLToPath(new URL('load-worker.ts', import.meta.url)), { execArgv: [...TYPESCRIPT], serialization: 'advanced' })
  return {
    run: (order: LoadOrder) =>
      new Promise<LoadResult>((resolve, reject) => {
        const ended = () => reject(new Error('the load generator ended'))
        child.once('exit', ended)
        child.once('message', (result) => {
          child.off('exit', ended)
          resolve(result as LoadResult)
        })
        child.send(order)
      }),
    stop: () => child.kill(),
  }
}

async function withCpu(server: BenchServer, client: pg.Client, work: () => Promise<LoadResult>): Promise<Run> {
  const before = { server: cpuSeconds([server.pid]), postgres: cpuSeconds(await backendPids(client, server.applicationName)) }
  const result = await work()
  // Backends that were started meanwhile count from their start; none end while load is on.
  const after = { server: cpuSeconds([server.pid]), postgres: cpuSeconds(await backendPids(client, server.applicationName)) }
  const each = (start: number | null, end: number | null) => (start === null || end === null ? null : ((end - start) * 1e6) / Math.max(1, result.count))
  return { ...result, cpuServer: each(before.server, after.server), cpuPostgres: each(before.postgres, after.postgres) }
}

/** A request as it goes over the socket. */
export function wireText({ method, path, body = '' }: BenchRequest, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({
    host: '127.0.0.1',
    ...headers,
    ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  })
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

function summarize(runs: readonly Run[]): Figures {
  const latencies = runs.flatMap((run) => run.latencies).sort((a, b) => a - b)
  const quantile = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  const requests = runs.reduce((sum, { count }) => sum + count, 0)
  const average = (of: (run: Run) => number | null) =>
    runs.some((run) => of(run) === null) ? null : runs.reduce((sum, run) => sum + (of(run) ?? 0) * run.count, 0) / Math.max(1, requests)
  const rounds = runs.map(({ count, seconds }) => count / seconds)
  return {
    rps: median(rounds),
    rounds,
    p50: quantile(0.5),
    p99: quantile(0.99),
    bytes: average(({ bytes }) => bytes) ?? 0,
    cpuServer: average(({ cpuServer }) => cpuServer),
    cpuPostgres: average(({ cpuPostgres }) => cpuPostgres),
  }
}

/** 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
