import type { Environment } from '../config/index.ts'
import { checkpointKey, verifyAudit } from '../records/audit/index.ts'
import { deriveKeys, readSecrets } from '../start/secrets.ts'
import { withKernel } from './setting-up.ts'

/** `guanxi audit verify`. Answers the exit code: 1 where the log is not as it was written. */
export async function verifyAuditCommand(environment: Environment, directory: string): Promise<number> {
  const { rows, checkpoints, waiting, findings } = await withKernel(
    environment,
    directory,
    ({ database }, config) => verifyAudit(database, deriveKeys(readSecrets(config), 'audit checkpoints').map(checkpointKey)),
    { existing: true },
  )
  const verdict = findings.length === 0 ? 'all as they were written' : `${findings.length} findings`
  process.stdout.write(
    [...findings, `${rows} rows, ${checkpoints} ${checkpoints === 1 ? 'checkpoint' : 'checkpoints'}, ${waiting} rows wait for their place: ${verdict}`]
      .map((line) => `${line}\n`)
      .join(''),
  )
  return findings.length === 0 ? 0 : 1
}
