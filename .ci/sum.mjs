/**
 * `node .ci/sum.mjs <number of failed steps> <results.json>…`: prints `N passed, N failed` over all test runs. Failed steps that
 * no failed test explains count as failures themselves. Exits 1 on any failure.
 */
import { readFileSync } from 'node:fs'

const [steps, ...files] = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }
for (const file of files.filter((name) => !name.includes('*'))) {
  const counts = JSON.parse(readFileSync(file, 'utf8'))
  for (const key of Object.keys(total)) total[key] += counts[key]
}
total.failed = Math.max(total.failed, Number(steps))
process.stdout.write(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`)
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
