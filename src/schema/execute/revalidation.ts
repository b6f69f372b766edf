import { type DocumentNode, type GraphQLSchema, validate } from 'graphql'
import { GuanxiError, say } from '../../errors/index.ts'
import type { OperationRequest, Runtime } from '../operation.ts'
import { lostNames, mentions } from './lost-names.ts'

/** Validation as both transports and the engine do it. Names of what a caller may not see never appear in "Did you mean". */
export const VALIDATION_OPTIONS = Object.freeze({ maxErrors: 5, hideSuggestions: true })

/** From one served version to the next. */
interface Step {
  readonly from: number
  readonly to: number
  /** As `lostNames` tells them. */
  readonly lost: ReadonlySet<string> | null
}

/**
 * Documents that were valid against one schema and are executed by another: what the later one says of them, kept per document for the version that
 * was asked last.
 */
export class Revalidation {
  readonly #verdicts = new WeakMap<DocumentNode, { readonly version: number; readonly flaw: string | null }>()
  readonly #versions = new WeakMap<GraphQLSchema, number>()
  #step: Step | undefined

  /** The second one is about to be served in place of the first. */
  prepare(before: Runtime, after: Runtime): void {
    this.#versions.set(before.schema, before.version).set(after.schema, after.version)
    this.#step = { from: before.version, to: after.version, lost: lostNames(before, after) }
  }

  /** What no longer fits of a document that is valid against `schema`; null where all of it does. */
  flaw(document: DocumentNode, schema: GraphQLSchema, runtime: Runtime): string | null {
    if (schema === runtime.schema) return null
    const known = this.#verdicts.get(document)
    if (known?.version === runtime.version) return known.flaw
    const flaw = this.#keeps(document, schema, runtime) ? null : (validate(runtime.schema, document, undefined, VALIDATION_OPTIONS)[0]?.message ?? null)
    this.#verdicts.set(document, { version: runtime.version, flaw })
    return flaw
  }

  /** The step between the two took away nothing that the document names. */
  #keeps(document: DocumentNode, schema: GraphQLSchema, { version }: Runtime): boolean {
    const step = this.#step
    if (step?.to !== version || step.from !== this.#versions.get(schema) || step.lost === null) return false
    return !mentions(document, step.lost)
  }

  /** Throws SCHEMA_CHANGED where the document no longer fits the schema that is served. */
  require({ document, schema }: Pick<OperationRequest, 'document' | 'schema'>, runtime: Runtime): void {
    const flaw = this.flaw(document, schema, runtime)
    if (flaw !== null) {
      throw new GuanxiError('SCHEMA_CHANGED', say`The schema has changed and no longer fits the document: ${flaw} Fetch the schema again.`, {
        schemaVersion: runtime.version,
      })
    }
  }
}
