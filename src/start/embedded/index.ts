export { type EmbeddedDatabase, type EmbeddedDatabaseOptions, embeddedDatabaseUrl, startEmbeddedDatabase } from './embedded-database.ts'
