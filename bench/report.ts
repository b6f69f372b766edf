import { cpus } from 'node:os'
import { type BenchCase, SERVERS } from './cases.ts'
import { type CaseFigures, type Figures, median, type Plan } from './measure.ts'

/** How this server does beside another: above 1 it is the faster one. */
interface Ratios {
  /** Of requests a second: median over the rounds, each beside its own round. */
  readonly reads: number
  /** Of CPU a request, server and PostgreSQL together: what the first ratio comes to where the machine has nothing else to do. Null where it cannot be read. */
  readonly cpu: number | null
}

export interface Report {
  /** Geometric means over the cases. */
  readonly summary: {
    readonly readsVsLimit: number
    readonly readsVsPostgraphile: number
    readonly cpuVsLimit: number | null
    readonly cpuVsPostgraphile: number | null
  }
  readonly cases: readonly (CaseFigures & { readonly name: string; readonly title: string; readonly vsLimit: Ratios; readonly vsPostgraphile: Ratios })[]
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
    return { name, title, ...of, vsLimit: ratios(of.guanxi, of.limit), vsPostgraphile: ratios(of.guanxi, of.postgraphile) }
  })
  return {
    summary: {
      readsVsLimit: geometricMean(measured.map(({ vsLimit }) => vsLimit.reads)) ?? 0,
      readsVsPostgraphile: geometricMean(measured.map(({ vsPostgraphile }) => vsPostgraphile.reads)) ?? 0,
      cpuVsLimit: geometricMean(measured.map(({ vsLimit }) => vsLimit.cpu)),
      cpuVsPostgraphile: geometricMean(measured.map(({ vsPostgraphile }) => vsPostgraphile.cpu)),
    },
    cases: measured,
    environment: { node: process.versions.node, postgres, cpu: cpus()[0]?.model ?? '', cpus: cpus().length, connections, rounds },
  }
}

function ratios(ours: Figures, theirs: Figures): Ratios {
  const [mine, other] = [cpuOf(ours), cpuOf(theirs)]
  return {
    reads: median(ours.rounds.map((rps, round) => rps / (theirs.rounds[round] ?? rps))),
    cpu: mine === null || other === null ? null : other / mine,
  }
}

function cpuOf({ cpuServer, cpuPostgres }: Figures): number | null {
  return cpuServer === null || cpuPostgres === null ? null : cpuServer + cpuPostgres
}

function geometricMean(ratios: readonly (number | null)[]): number | null {
  if (ratios.includes(null)) return null
  return Math.exp(ratios.reduce((sum: number, ratio) => sum + Math.log(ratio ?? 1), 0) / ratios.length)
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
    lines.push(`  beside the limit ${ratioText(measured.vsLimit)}, beside PostGraphile ${ratioText(measured.vsPostgraphile)}`)
  }
  const limit = ratioText({ reads: summary.readsVsLimit, cpu: summary.cpuVsLimit })
  const postgraphile = ratioText({ reads: summary.readsVsPostgraphile, cpu: summary.cpuVsPostgraphile })
  lines.push('', `Geometric means: beside the hand-written limit ${limit}, beside PostGraphile ${postgraphile}`)
  return lines.join('\n')
}

function ratioText({ reads, cpu }: Ratios): string {
  return cpu === null ? reads.toFixed(2) : `${reads.toFixed(2)} (by CPU ${cpu.toFixed(2)})`
}

function cells({ rps, p50, p99, bytes, cpuServer, cpuPostgres }: Figures): string[] {
  const whole = (value: number | null) => (value === null ? '–' : value.toFixed(0))
  return [rps.toFixed(0), p50.toFixed(2), p99.toFixed(2), whole(bytes), whole(cpuServer), whole(cpuPostgres)]
}

function row(name: string, ...values: readonly string[]): string {
  return `  ${name.padEnd(14)}${values.map((value) => value.padStart(15)).join('')}`
}
