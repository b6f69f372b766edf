/**
 * Who may import whom below src/, from the top floor down. `name`: a folder or file; the longest match decides. `may`: folders
 * and files besides its own; `types`: only `import type` from these; `neverPackages`: npm packages that do not belong there; `onlyPackages`: the only ones that do.
 * `apart`: its folders may not import each other.
 */

/** The record engine and what stands below it know no GraphQL and no web server. */
const GRAPHQL = ['graphql', 'graphql-shield', 'graphql-middleware', 'graphql-ws', 'type-graphql', '@apollo/*', '@as-integrations/*']
const SERVER = ['fastify', 'ws', '@apollo/*', '@as-integrations/*', 'graphql-ws']
const STORAGE = ['pg', 'typeorm']
const FOUNDATION = ['errors', 'lib']

export const FLOORS = [
  // 8: the composition root, and the commands around it.
  { name: 'app.ts', may: 'everything' },
  { name: 'composition', may: 'everything' },
  { name: 'main.ts', may: 'everything' },
  { name: 'cli', may: 'everything' },
  // What tests of plugins import knows nothing of the product; the process that it starts is a composition root of its own.
  { name: 'testing', may: [], neverPackages: [...STORAGE, 'fastify', 'type-graphql', '@apollo/*'] },
  { name: 'testing/host', may: 'everything' },
  { name: 'start', may: ['auth', 'records', 'entities', 'config', ...FOUNDATION], neverPackages: GRAPHQL },
  { name: 'demo', may: ['auth', 'domain', 'records', 'entities', 'config', ...FOUNDATION], neverPackages: [...GRAPHQL, ...SERVER] },
  // 7: transports.
  { name: 'http', may: ['schema', 'auth', 'events', 'config', ...FOUNDATION], types: ['records'], neverPackages: STORAGE },
  // 6
  { name: 'schema', may: ['schema/operation.ts', 'resolvers', 'records', 'auth', ...FOUNDATION], types: ['entities'], neverPackages: [...SERVER, ...STORAGE] },
  {
    name: 'plugins/host',
    may: ['schema/operation.ts', 'plugins/api', 'records', 'auth', 'events', 'jobs', ...FOUNDATION],
    types: ['resolvers'],
    neverPackages: [...SERVER, ...STORAGE],
  },
  // 5. The contract of one operation stands in schema/, where it is executed, and below the resolvers that answer it.
  { name: 'schema/operation.ts', may: [], types: ['records', 'errors'], neverPackages: [...SERVER, ...STORAGE] },
  {
    name: 'resolvers',
    may: ['schema/operation.ts', 'domain', 'auth', 'records/metadata', 'entities', ...FOUNDATION],
    types: ['records'],
    neverPackages: [...SERVER, ...STORAGE],
  },
  { name: 'jobs', may: ['domain', 'events', 'records', ...FOUNDATION], neverPackages: [...GRAPHQL, ...SERVER] },
  // 4
  { name: 'domain', may: ['records', 'auth', ...FOUNDATION], neverPackages: [...GRAPHQL, ...SERVER, ...STORAGE] },
  // 3
  { name: 'auth', may: ['records', 'entities', ...FOUNDATION], neverPackages: [...SERVER, ...STORAGE] },
  { name: 'events', may: ['records', ...FOUNDATION], neverPackages: [...GRAPHQL, ...SERVER] },
  // 2
  { name: 'records', may: ['entities', ...FOUNDATION], neverPackages: [...GRAPHQL, ...SERVER] },
  { name: 'plugins/api', may: FOUNDATION, types: ['records'], neverPackages: [...GRAPHQL, ...SERVER, ...STORAGE] },
  // Each folder is a plugin by itself, and stands on the interface alone, as one would that comes from elsewhere.
  { name: 'plugins', may: ['plugins/api', 'plugins/type-graphql'], apart: true, onlyPackages: ['zod'] },
  // The decorators that plugins may use, of the copy that the host reads them with.
  { name: 'plugins/type-graphql', may: [], onlyPackages: ['graphql', 'type-graphql'] },
  { name: 'plugins/built-in.ts', may: ['plugins'] },
  // 1
  { name: 'entities', may: FOUNDATION, neverPackages: SERVER },
  { name: 'config', may: FOUNDATION, neverPackages: [...GRAPHQL, ...SERVER, ...STORAGE] },
  // 0
  { name: 'errors', may: [], neverPackages: [...GRAPHQL, ...SERVER, ...STORAGE] },
  { name: 'lib', may: [], neverPackages: [...GRAPHQL, ...SERVER, ...STORAGE] },
]

/** Circles that stay, each the mutual recursion of one grammar inside one folder, with its reason. Functions only: nothing runs on import. */
export const RECURSIONS = [{ files: ['records/read/page.ts', 'records/read/row.ts'], reason: 'a record selects connections, a connection selects records' }]
