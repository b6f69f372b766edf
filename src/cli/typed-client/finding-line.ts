import type { Finding } from './check-documents.ts'

/** A finding as editors and terminals know places. */
export function findingLine({ file, line, column, kind, reason }: Finding): string {
  return `${file}:${line}:${column} ${kind}: ${reason.replaceAll('\n', ' ')}`
}
