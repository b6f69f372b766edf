import { cpus } from 'node:os'
import { type BenchCase, SERVERS } from './cases.ts'
import type { CaseFigures, Figures, Plan } from './measure.ts'

export interface Report {
  /** Geometric means over the cases, of requests a second. */
  readonly summary: { readonly readsVsLimit: number; readonly readsVsPostgraphile: number }
  readonly cases: readonly (CaseFigures & { readonly name: string; readonly title: string; readonly vsLimit: number; readonly vsPostgraphile: number })[]
  readonly environment: {
    readonly node: string
    readonly postgres: string
    readonly cpu: string
    readonly cpus: number
    readonly connections: number
    readonly rounds: number
  }
}

export function makeReport(cases: readonly BenchCase[], figures: ReadonlyMap<string, CaseFigures>, postgres: string, { connections, rounds }: Plan): Report {
  const measured = cases.map(({ name, title }) => {
    const of = figures.get(name) as CaseFigures
    return { name, title, ...of, vsLimit: of.guanxi.rps / of.limit.rps, vsPostgraphile: of.guanxi.rps / of.postgraphile.rps }
  })
  return {
    summary: {
      readsVsLimit: geometricMean(measured.map(({ vsLimit }) => vsLimit)),
      readsVsPostgraphile: geometricMean(measured.map(({ vsPostgraphile }) => vsPostgraphile)),
    },
    cases: measured,
    environment: { node: process.versions.node, postgres, cpu: cpus()[0]?.model ?? '', cpus: cpus().length, connections, rounds },
  }
}

function geometricMean(ratios: readonly number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
}

/** The report as a table for people. */
export function reportText({ summary, cases, environment }: Report): string {
  const lines = [
    `Node ${environment.node}, PostgreSQL ${environment.postgres}, ${environment.cpus} × ${environment.cpu}, ${environment.connections} connections, ${environment.rounds} rounds`,
  ]
  for (const measured of cases) {
    lines.push('', measured.title)
    lines.push(row('', 'requests/s', 'p50 ms', 'p99 ms', 'bytes', 'CPU µs: server', 'PostgreSQL'))
    for (const server of SERVERS) lines.push(row(server, ...cells(measured[server])))
    lines.push(`  of the limit ${measured.vsLimit.toFixed(2)}, of PostGraphile ${measured.vsPostgraphile.toFixed(2)}`)
  }
  lines.push('', `Geometric means: ${summary.readsVsLimit.toFixed(3)} of the hand-written limit, ${summary.readsVsPostgraphile.toFixed(2)} × PostGraphile`)
  return lines.join('\n')
}

function cells({ rps, p50, p99, bytes, cpuServer, cpuPostgres }: Figures): string[] {
  const whole = (value: number | null) => (value === null ? '–' : value.toFixed(0))
  return [rps.toFixed(0), p50.toFixed(2), p99.toFixed(2), whole(bytes), whole(cpuServer), whole(cpuPostgres)]
}

function row(name: string, ...values: readonly string[]): string {
  return `  ${name.padEnd(14)}${values.map((value) => value.padStart(15)).join('')}`
}
