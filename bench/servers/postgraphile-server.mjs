/**
 * PostGraphile 5 as fast as its settings make it: production mode, its own prepared statements, no role change and no transaction around reads,
 * no explorer, no watching. Runs on Node 22. Arguments: database URL, connections. Prints its port.
 */
import { createServer } from 'node:http'
import { grafserv } from 'grafserv/node'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

const [, , url, connections] = process.argv

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: url,
      schemas: ['public'],
      poolConfig: { max: Number(connections), application_name: 'bench postgraphile', options: '-c jit=off' },
    }),
  ],
  grafserv: { graphiql: false, graphqlPath: '/graphql', watch: false, websockets: false },
  grafast: { explain: false },
})

const handler = instance.createServ(grafserv)
const server = createServer()
server.on('error', (error) => {
  process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})
await handler.addTo(server)
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`))
process.on('SIGTERM', () => process.exit(0))
