import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type BenchServer, startPrinting, TYPESCRIPT } from './child.ts'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** The hand-written statements, for the rows of these owners. */
export async function startLimit(databaseUrl: string, connections: number, ownerKeys: readonly string[]): Promise<BenchServer> {
  const started = await startPrinting({
    command: process.execPath,
    arguments: [...TYPESCRIPT, here('limit-server.ts'), databaseUrl, String(connections), ownerKeys.join(',')],
  })
  return { ...started, applicationName: 'bench limit', headers: async () => ({}) }
}

/** PostGraphile on Node 22: the one of the \`node\` package, or our own where it is new enough. */
export async function startPostgraphile(databaseUrl: string, connections: number): Promise<BenchServer> {
  const packaged = here('../node_modules/node/bin/node')
  const command = existsSync(packaged) ? packaged : process.execPath
  if (command === process.execPath && Number(process.versions.node.split('.')[0]) < 22)
    throw new Error('PostGraphile needs Node 22 or newer: run `npm ci` in bench/.')
  const started = await startPrinting({
    command,
    arguments: [here('postgraphile-server.mjs'), databaseUrl, String(connections)],
    environment: { GRAPHILE_ENV: 'production' },
  })
  return { ...started, applicationName: 'bench postgraphile', headers: async () => ({}) }
}
