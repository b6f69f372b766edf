import { StartupError } from '../errors/index.ts'
import type { Database } from '../records/database.ts'

/**
 * The currency that the database counts in. `wanted` (ORGANISATION_CURRENCY) decides while there are no changes yet;
 * afterwards stored base amounts depend on it, so that another one throws StartupError.
 */
export async function organisationCurrency(database: Database, wanted: string | undefined): Promise<string> {
  const [row] = await database.query<{ currency: string; used: boolean }>({
    text: `SELECT value #>> '{}' AS currency, EXISTS (SELECT FROM change_set) AS used FROM setting WHERE key = 'organisation.currency'`,
    purpose: 'platform',
  })
  const current = row?.currency ?? 'USD'
  if (wanted === undefined || wanted === current) return current
  if (row?.used)
    throw new StartupError(
      `ORGANISATION_CURRENCY ${wanted} cannot replace ${current}, in which the records of this database are counted. Unset it, or use another database.`,
    )
  await database.query({
    text: `INSERT INTO setting (key, value) VALUES ('organisation.currency', to_jsonb($1::text)) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`,
    values: [wanted],
    purpose: 'platform',
  })
  return wanted
}
