import type { DocumentNode, GraphQLError, ValidationRule } from 'graphql'
import { type DocumentLimits, excessError } from './document-limits.ts'
import { documentExcesses } from './document-size.ts'

/** What a document exceeds, as errors that carry LIMIT_EXCEEDED. It need not be valid. */
export function limitErrors(document: DocumentNode, limits: DocumentLimits): readonly GraphQLError[] {
  return documentExcesses(document, limits).map(excessError)
}

/** The same as a rule of validation, which reports before any other one does. */
export function limitsRule(limits: DocumentLimits): ValidationRule {
  return (context) => ({
    Document: (node) => {
      for (const error of limitErrors(node, limits)) context.reportError(error)
    },
  })
}
