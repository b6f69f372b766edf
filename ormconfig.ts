import { createDataSource } from './src/records/data-source.ts'

/**
 * Data source for the TypeORM command line (`node --import ./scripts/typescript.mjs node_modules/typeorm/cli.js migration:show -d ormconfig.ts`). The server makes its own from the
 * same function; `DATABASE_URL` names the database.
 */
export default createDataSource({
  url: process.env.DATABASE_URL ?? 'postgres://localhost:5432/guanxi',
  applicationName: 'guanxi-migrations',
  logger: 'advanced-console',
})
