import pg from 'pg'

/** A row as it is stored, by column, with the name of its module. */
export type StoredRow = Readonly<Record<string, unknown>> & { readonly id: string; readonly module: string }

/** All rows of a database, of modules and of link tables. */
export class StoredRows {
  readonly byId = new Map<string, StoredRow>()
  readonly links = new Map<string, readonly { readonly source_id: string; readonly target_id: string }[]>()
  members: readonly { readonly team_id: string; readonly user_id: string }[] = []

  externalIds: readonly { readonly record_id: string; readonly system: string; readonly key: string }[] = []

  static async load(url: string, tables: Readonly<Record<string, string>>, linkTables: readonly string[]): Promise<StoredRows> {
    const [rows, client] = [new StoredRows(), new pg.Client({ connectionString: url })]
    await client.connect()
    const all = async (table: string) => (await client.query(`SELECT to_jsonb(t) AS row FROM ${table} t`)).rows.map(({ row }) => row)
    for (const [module, table] of Object.entries(tables)) for (const row of await all(table)) rows.byId.set(row.id, { ...row, module })
    for (const table of linkTables) rows.links.set(table, await all(table))
    rows.members = await all('team_member')
    rows.externalIds = await all('external_id')
    await client.end()
    return rows
  }

  of(module: string): StoredRow[] {
    return [...this.byId.values()].filter((row) => row.module === module)
  }
}
