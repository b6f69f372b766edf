/**
 * The long proofs (`npm run prove`): tests that a normal run makes short, in full, with the budgets that a busy test run cannot hold. Takes about an hour.
 * File names can be given, as for `npm test`.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROOFS = [
  'test/metadata',
  'test/field-types',
  'test/execution/differential',
  'test/execution/lost-names',
  'test/access',
  'test/attacks/documents',
  'test/auth/equal-times',
  'test/formula',
  'test/push',
  'test/faults',
  'test/write/dry-runs',
  'test/plugins/load',
  'test/cli/typed-client',
]

const files = process.argv.slice(2)
const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('test.mjs', import.meta.url)), '--runInBand', ...(files.length > 0 ? files : PROOFS)], {
  stdio: 'inherit',
  env: { ...process.env, GUANXI_PROVE: '1', GUANXI_DIFFERENTIAL_RUNS: process.env.GUANXI_DIFFERENTIAL_RUNS ?? '20000' },
})
process.exitCode = status ?? 1
