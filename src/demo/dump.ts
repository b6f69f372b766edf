/** One row of the dump: texts unquoted, numbers as they are written, NULL as null. */
export type DumpRow = readonly (string | null)[]

const INSERT = /^INSERT INTO (\w+) VALUES \((.*)\);$/gm
const VALUE = /'((?:[^']|'')*)'|([^,\s][^,]*)/g

/** Rows by table, out of a PostgreSQL dump with one INSERT statement a line. */
export function parseDump(sql: string): ReadonlyMap<string, readonly DumpRow[]> {
  const tables = new Map<string, DumpRow[]>()
  for (const [, table = '', values = ''] of sql.matchAll(INSERT)) {
    const rows = tables.get(table)
    const row = parseValues(values)
    if (rows) rows.push(row)
    else tables.set(table, [row])
  }
  return tables
}

function parseValues(values: string): DumpRow {
  return Array.from(values.matchAll(VALUE), ([, quoted, bare]) => {
    if (quoted !== undefined) return quoted.replaceAll("''", "'")
    return bare === 'NULL' ? null : (bare as string)
  })
}

/**
 * Decimal that a 32-bit float of the dump stands for (`0.150000006` → `0.15`): the shortest one with at most seven
 * significant digits, which is all that such a float holds.
 */
export function floatToDecimal(text: string): string {
  return String(Number(Number(text).toPrecision(7)))
}
