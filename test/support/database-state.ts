import pg from 'pg'

/** What the tables of a database are like, a line each. */
export async function databaseStructure(url: string): Promise<readonly string[]> {
  return (await databaseState(url)).filter((line) => !line.startsWith('row '))
}

/** Everything that is in a database, a line each, sorted: rows as JSON, and what its tables are like; without who is alive. */
export async function databaseState(url: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'node' ORDER BY 1`,
    )
    const rows = tables.map(({ name }) => `SELECT ${pg.escapeLiteral(`row ${name} `)} || to_jsonb(t)::text AS line FROM ${pg.escapeIdentifier(name)} t`)
    const { rows: lines } = await client.query<{ line: string }>([...rows, ...CATALOGUES].join(' UNION ALL '))
    return lines.map(({ line }) => line).sort()
  } finally {
    await client.end()
  }
}

const OURS = `'public'::regnamespace`
const CATALOGUES = [
  `SELECT format('column %s.%s %s not null: %s default: %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = ${OURS} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`,
  `SELECT format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = ${OURS} AND contype <> 'n'`,
  `SELECT format('index valid: %s %s', i.indisvalid, pg_get_indexdef(c.oid)) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relnamespace = ${OURS}`,
  `SELECT format('sequence %s', relname) FROM pg_class WHERE relnamespace = ${OURS} AND relkind = 'S'`,
]

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:\d\d|\+\d\d)?/g
const PHYSICAL = /(?<![a-z0-9])[clm]_\d+(?![0-9])/g
const NUMBER = /"(number|module_number)": \d+/g
/** Lost with a change that did not come to its end; the number may be one that another table's row has. */
const SEQUENCE = /"(sequence|ordinal)": \d+/g
const PASSING = { id: UUID, time: TIME, physical: PHYSICAL, number: NUMBER }

/** The lines that `base` has not, and those that it has and that are gone, without what is another one in each run: ids, times, numbers of sequences. */
export function changesSince(base: readonly string[], state: readonly string[]): readonly string[] {
  const text = base.join('\n')
  const known = new Set(Object.values(PASSING).flatMap((pattern) => text.match(pattern) ?? []))
  const plain = (line: string) =>
    Object.entries(PASSING).reduce(
      (left, [name, pattern]) => left.replace(pattern, (found) => (known.has(found) ? found : `<${name}>`)),
      line.replace(SEQUENCE, '<sequence>'),
    )
  const [before, after] = [new Set(base), new Set(state)]
  const made = state.filter((line) => !before.has(line)).map((line) => `+ ${plain(line)}`)
  return [...made, ...base.filter((line) => !after.has(line)).map((line) => `- ${line}`)].sort()
}
