export { DOCUMENT_LIMITS, type DocumentLimits } from './document-limits.ts'
export { limitErrors, limitsRule } from './limits-rule.ts'
