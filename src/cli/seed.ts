import type { Environment } from '../config/index.ts'
import { seed } from './seeding.ts'
import { withKernel } from './setting-up.ts'

/** `guanxi seed`: what a start makes where it is missing, without serving. */
export async function seedCommand(environment: Environment, directory: string): Promise<void> {
  const { administrator, demo } = await withKernel(environment, directory, seed, { writes: true })
  if (administrator)
    process.stdout.write(
      `${administrator.email} can sign in${administrator.generatedPassword ? ` with the password ${administrator.generatedPassword}` : ''}.\n`,
    )
  process.stdout.write(
    demo ? `The demo data has been loaded: ${demo.accounts} accounts.\n` : 'No demo data was loaded: it is not wanted, or there are accounts already.\n',
  )
}
