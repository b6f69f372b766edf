/**
 * Part of the released migrations: they depend on the SQL that this makes, so it may grow options but never change what it
 * makes for the present ones.
 */
export interface ModuleTable {
  readonly table: string
  /** Column definitions after the system columns, one SQL line each. */
  readonly columns: readonly string[]
  /** Foreign key column → referenced table; each gets an index in default list order. */
  readonly references?: Readonly<Record<string, string>>
  /** References to records of any module: indexed, without a foreign key. */
  readonly polymorphic?: readonly string[]
  /** Unique over undeleted rows. */
  readonly unique?: readonly string[]
  /** Text columns with a bigram index. */
  readonly searchable?: readonly string[]
  /** Columns with an ordered index. */
  readonly indexed?: readonly string[]
  /** Rows are scoped by a parent record, so their own scope needs no index. */
  readonly inheritsAccess?: boolean
}

const SYSTEM_COLUMNS = [
  'id uuid PRIMARY KEY',
  'version integer NOT NULL DEFAULT 1',
  'created_at timestamptz(3) NOT NULL DEFAULT now()',
  'created_by uuid',
  'updated_at timestamptz(3) NOT NULL DEFAULT now()',
  'updated_by uuid',
  'deleted_at timestamptz(3)',
  'owner_id uuid',
  'team_id uuid',
  'scope_id uuid GENERATED ALWAYS AS (COALESCE(owner_id, team_id)) STORED',
  "tags uuid[] NOT NULL DEFAULT '{}'",
  'source text',
  'change_set_id uuid',
]

/** CREATE TABLE and CREATE INDEX statements of a module. The index names are part of the contract (`uniqueFieldOf`). */
export function createModuleTable(module: ModuleTable): string[] {
  const { table } = module
  const ordered = (column: string) => `CREATE INDEX ${table}_${column}_list ON public.${table} (${column}, created_at DESC, id DESC)`
  const statements = [`CREATE TABLE public.${table} (\n  ${[...SYSTEM_COLUMNS, ...module.columns].join(',\n  ')}\n)`]
  statements.push(`CREATE INDEX ${table}_list ON public.${table} (created_at DESC, id DESC${module.inheritsAccess ? '' : ', scope_id'})`)
  if (!module.inheritsAccess) statements.push(ordered('scope_id'))
  for (const column of [...Object.keys(module.references ?? {}), ...(module.polymorphic ?? [])]) statements.push(ordered(column))
  for (const column of module.unique ?? [])
    statements.push(`CREATE UNIQUE INDEX ${table}_${column}_key ON public.${table} (${column}) WHERE deleted_at IS NULL`)
  for (const column of module.indexed ?? []) statements.push(`CREATE INDEX ${table}_${column}_order ON public.${table} (${column}, id)`)
  for (const column of module.searchable ?? []) {
    statements.push(`CREATE INDEX ${table}_${column}_search ON public.${table} USING gin (public.guanxi_bigrams(public.guanxi_search_fold(${column})))`)
  }
  statements.push(`CREATE INDEX ${table}_tags ON public.${table} USING gin (tags) WHERE tags <> '{}'`)
  return statements
}

/** Foreign keys of a module, to be added once all tables that they name are there. */
export function createForeignKeys(module: ModuleTable): string[] {
  const keys = { owner_id: 'users', team_id: 'teams', ...module.references }
  return Object.entries(keys).map(
    ([column, target]) =>
      `ALTER TABLE public.${module.table} ADD CONSTRAINT ${module.table}_${column}_fkey FOREIGN KEY (${column}) REFERENCES public.${target} (id)`,
  )
}
