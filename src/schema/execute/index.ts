export { createEngine, type EngineOptions } from './engine.ts'
export { schemaResolvers } from './resolvers.ts'
export { VALIDATION_OPTIONS } from './revalidation.ts'
export type { EngineSettings } from './session.ts'
