import pg from 'pg'
import { buildIfNeeded } from '../scripts/build.mjs'
import { openBenchDatabase } from './database.ts'
import type { BenchServer } from './servers/child.ts'
import { ADMIN_EMAIL, startGuanxi } from './servers/guanxi.ts'

/** One operation that must succeed; throws with what went wrong. */
export async function ask<T>(server: BenchServer, query: string, variables: object, headers?: Readonly<Record<string, string>>): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
    method: 'POST',
    headers: { ...(headers ?? (await server.headers())), 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown }
  if (errors !== undefined) throw new Error(JSON.stringify(errors).slice(0, 1_500))
  return data
}

/** Runs a bench on its database and a server that the administrator asks, and lets go of both. */
export async function withServer<T>(work: (client: pg.Client, server: BenchServer) => Promise<T>): Promise<T> {
  buildIfNeeded()
  const database = await openBenchDatabase(process.env.BENCH_DATABASE_URL, (step) => step && process.stderr.write(`data set: ${step}\n`))
  const client = new pg.Client({ connectionString: database.url, application_name: 'bench' })
  await client.connect()
  try {
    const server = await startGuanxi(database.url, 10, ADMIN_EMAIL)
    try {
      return await work(client, server)
    } finally {
      await server.stop()
    }
  } finally {
    await client.end()
    await database.close()
  }
}
