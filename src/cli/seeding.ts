import type { Kernel } from '../composition/kernel.ts'
import type { Config } from '../config/index.ts'
import { loadDemo } from '../demo/index.ts'
import type { Database } from '../records/database.ts'
import { ensureAdministrator, type FirstAdministrator } from '../start/first-administrator.ts'
import { type KeptPassword, keepPassword } from '../start/kept-password.ts'

/** The demo data that this start loaded. */
export interface SeededDemo {
  /** Who signs in, with the one role of each; the sales people first. */
  readonly logins: readonly { readonly email: string; readonly role: string }[]
  /** Set where it was generated; shown once. */
  readonly generatedPassword: string | undefined
  readonly accounts: number
}

export interface Seeded {
  readonly administrator: FirstAdministrator | undefined
  readonly demo: SeededDemo | undefined
}

/** Makes the first administrator and loads the demo data, where they are missing and wanted. A cut-off load is done again. `say` is told before what takes long. */
export async function seed(kernel: Kernel, config: Config, say: (step: string) => void = () => {}): Promise<Seeded> {
  const administrator = await ensureAdministrator(kernel, config)
  return { administrator, demo: config.demo ? await seedDemo(kernel, config, say) : undefined }
}

async function seedDemo(kernel: Kernel, { demoPassword, dataDir }: Config, say: (step: string) => void): Promise<SeededDemo | undefined> {
  if (await isUsed(kernel.database)) return undefined
  say('Loading demo data, once …')
  const kept = demoPassword === undefined ? keepPassword(dataDir, 'demo-password') : undefined
  const summary = await loadDemo({ ...kernel, password: demoPassword ?? (kept as KeptPassword).password })
  if (!summary) {
    kept?.discard()
    return undefined
  }
  return { logins: summary.signIns, generatedPassword: kept?.password, accounts: summary.accounts }
}

/** Somebody has written records, set-up apart: nothing need be read to know that no demo is wanted. */
async function isUsed(database: Database): Promise<boolean> {
  const rows = await database.query({ text: `SELECT 1 FROM change_set WHERE cause <> 'system' LIMIT 1`, purpose: 'platform' })
  return rows.length > 0
}
