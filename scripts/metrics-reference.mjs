/** docs/metrics.md, out of what a process tells of itself. */
import './typescript.mjs'

/** Metrics as Prometheus reads them: `{name, type, help, labels}`. */
export async function metricsOfProcess() {
  const { createMetrics } = await import('../src/http/metrics.ts')
  const metrics = createMetrics()
  try {
    return metrics.described()
  } finally {
    metrics.close()
  }
}

export async function metricsReference() {
  const rows = (await metricsOfProcess()).map(
    ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  return `# Metrics

Generated from \`src/http/metrics.ts\` by \`npm run docs\`.

\`GET /metrics\` answers in the text format of Prometheus, in every process and without a credential: do not let it be reached from outside. Metrics name no records, people or versions. A histogram has
\`_bucket\`, \`_sum\` and \`_count\`, as always.

| metric | type | labels | meaning |
|---|---|---|---|
${rows.join('\n')}
`
}
