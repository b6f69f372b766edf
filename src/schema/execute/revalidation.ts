import { type DocumentNode, type GraphQLSchema, validate } from 'graphql'
import { GuanxiError } from '../../errors/index.ts'
import type { OperationRequest, Runtime } from '../operation.ts'

/** Validation as both transports and the engine do it. Names of what a caller may not see never appear in "Did you mean". */
export const VALIDATION_OPTIONS = Object.freeze({ maxErrors: 5, hideSuggestions: true })

/**
 * Documents that were valid against one schema and are executed by another: what the later one says of them, kept per document for the version that
 * was asked last.
 */
export class Revalidation {
  readonly #verdicts = new WeakMap<DocumentNode, { readonly version: number; readonly flaw: string | null }>()

  /** Throws SCHEMA_CHANGED where the document no longer fits the schema that is served. */
  require({ document, schema }: Pick<OperationRequest, 'document' | 'schema'>, runtime: Runtime): void {
    if (schema === runtime.schema) return
    const known = this.#verdicts.get(document)
    const flaw = known?.version === runtime.version ? known.flaw : flawOf(document, runtime.schema)
    this.#verdicts.set(document, { version: runtime.version, flaw })
    if (flaw !== null) {
      throw new GuanxiError('SCHEMA_CHANGED', `The schema has changed and no longer fits the document: ${flaw} Fetch the schema again.`, {
        schemaVersion: runtime.version,
      })
    }
  }
}

function flawOf(document: DocumentNode, schema: GraphQLSchema): string | null {
  return validate(schema, document, undefined, VALIDATION_OPTIONS)[0]?.message ?? null
}
