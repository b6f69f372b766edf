/** The reference of metrics, out of what a process tells of itself. */
import '../typescript.mjs'
import { cell, code, table } from './table.mjs'

/** Metrics as Prometheus reads them: `{name, type, help, labels}`. */
export async function metricsOfProcess() {
  const { createMetrics } = await import('../../src/http/metrics.ts')
  const metrics = createMetrics()
  try {
    return metrics.described()
  } finally {
    metrics.close()
  }
}

/** docs/metrics.md. */
export async function metricsReference() {
  const rows = (await metricsOfProcess()).map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(', '), cell(help)])
  return `# Metrics

Generated from \`src/http/metrics.ts\` by \`npm run docs\`.

\`GET /metrics\` answers in the text format of Prometheus, in every process and without a credential: do not let it be reached from outside. Metrics name no records, people or versions. A histogram has
\`_bucket\`, \`_sum\` and \`_count\`, as always.

${table(['metric', 'type', 'labels', 'meaning'], rows)}
`
}
