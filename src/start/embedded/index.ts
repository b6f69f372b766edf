export { type EmbeddedDatabase, type EmbeddedDatabaseOptions, embeddedDatabaseUrl, startEmbeddedDatabase } from './embedded-database.ts'
export { recordedPlacement } from './placement.ts'
