import { columnsOf } from '../../entities/columns.ts'
import type { FieldMetadata, ModuleMetadata } from '../../entities/metadata.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { Executor } from '../database.ts'
import { derivedNames } from '../registry/index.ts'
import { namesFieldSql } from './dependents.ts'
import { tableOf } from './place-columns.ts'
import { slotType } from './slots.ts'
import { readMetadata, type StoredField, type StoredMetadata } from './stored.ts'

const STANDS = 'that was made at run time stands where this version brings a member of that name. With the version that ran before,'

/** A custom field whose name a core field of this version has. */
interface Meeting {
  readonly module: ModuleMetadata
  readonly field: StoredField
  readonly core: FieldMetadata
}

function meetings(core: readonly ModuleMetadata[], { fields }: Pick<StoredMetadata, 'fields'>): Meeting[] {
  return core.flatMap((module) =>
    fields.flatMap((field): Meeting[] => {
      const same =
        field.state === 'active' && field.moduleNumber === module.number
          ? module.fields.find(({ name }) => name === field.name || field.aliases.includes(name))
          : undefined
      return same ? [{ module, field, core: same }] : []
    }),
  )
}

/**
 * What keeps this version from serving the modules and fields that were made at run time, a sentence with the way out each. To be asked before
 * anything is migrated. A core field adopts a custom one of its name and type (`adoptFields`), so that is no conflict.
 */
export async function upgradeConflicts(executor: Executor, core: readonly ModuleMetadata[]): Promise<string[]> {
  const [table] = await executor.query<{ present: boolean }>({ text: `SELECT to_regclass('public.custom_index') IS NOT NULL AS present`, purpose: 'platform' })
  if (!table?.present) return []
  const stored = await readMetadata(executor)
  const fields = meetings(core, stored)
    .filter(({ field, core: mine }) => field.type !== mine.type || field.name !== mine.name)
    .map(
      ({ module, field, core: mine }) =>
        `The field ${module.name}.${field.name} (${field.type}) that was made at run time stands where this version brings ${module.name}.${mine.name} (${mine.type}). With the version that ran before, rename it, e.g. to ${field.name}Custom, and remove its earlier names.`,
    )
  const members = core.flatMap((module) => {
    const taken = new Set(module.members)
    const names = new Set([...module.fields.map(({ name }) => name), ...taken])
    return stored.fields
      .filter(({ state }) => state === 'active')
      .flatMap(({ moduleNumber, name, aliases, parameters: { reference } }) => {
        const own = moduleNumber === module.number && [name, ...aliases].some((each) => taken.has(each))
        const list = reference?.module === module.name && reference.inverseName !== undefined && names.has(reference.inverseName)
        return [
          ...(own ? [`The field ${module.name}.${name} ${STANDS} rename it, e.g. to ${name}Custom, and remove its earlier names.`] : []),
          ...(list
            ? [`The list ${module.name}.${reference.inverseName} ${STANDS} delete the field ${name} that makes it, or give it another inverseName.`]
            : []),
        ]
      })
  })
  const modules = stored.modules
    .filter(({ state }) => state === 'active')
    .flatMap((custom) => {
      const names = derivedNames(custom)
      const rival = core.find((module) => {
        const theirs = derivedNames(module)
        return names.types.some((name) => theirs.types.includes(name)) || names.queries.some((name) => theirs.queries.includes(name))
      })
      return rival
        ? [
            `The module ${custom.name} that was made at run time stands where this version brings ${rival.name}. With the version that ran before, make it under another name, e.g. ${custom.name}Custom, move its records and delete it.`,
          ]
        : []
    })
  return [...fields, ...members, ...modules]
}

/**
 * Lets core fields take over custom ones of their name and type: values, history and what roles say of them. Runs after the migrations that made the
 * core columns, once, in the transaction of `executor`. Answers the names of the fields.
 */
export async function adoptFields(executor: Executor, core: readonly ModuleMetadata[]): Promise<string[]> {
  const found = meetings(core, await readMetadata(executor)).filter(({ field, core: mine }) => field.type === mine.type && field.name === mine.name)
  for (const { module, field, core: mine } of found) {
    await copyValues(executor, module, field, mine)
    const statements: readonly [string, readonly unknown[]][] = [
      [
        `UPDATE record_history SET changes = (changes - $1) || jsonb_build_object($2::text, changes -> $1) WHERE module_number = $3 AND changes ? $1`,
        [field.id, mine.column, module.number],
      ],
      ['UPDATE role_field SET field_id = $2 WHERE field_id = $1', [field.id, `${module.name}.${mine.name}`]],
      [
        `UPDATE role_grant g SET predicate = replace(replace(predicate::text, '"' || $1::text || '"', '"' || $2::text || '"'), '"~' || $1 || '"', '"~' || $2 || '"')::jsonb
          WHERE ${namesFieldSql('$1::text')}`,
        [field.id, `${module.name}.${mine.name}`],
      ],
      // What a role says of fields made later, it went on saying of this one.
      [
        `INSERT INTO role_field (role_id, module, field_id, access)
         SELECT r.id, $2, $3, CASE WHEN r.new_fields = 'READ' AND NOT $4 THEN 'READ' ELSE 'HIDDEN' END FROM role r
          WHERE r.new_fields <> 'FOLLOW' AND r.new_fields_after < (SELECT f.ordinal FROM custom_field f WHERE f.id = $1)
            AND NOT EXISTS (SELECT FROM role_field o WHERE o.role_id = r.id AND o.field_id IN ($2 || '.*', '*.*'))
         ON CONFLICT DO NOTHING`,
        [field.id, module.name, `${module.name}.${mine.name}`, (mine.sensitivity ?? 'none') !== 'none'],
      ],
      [`UPDATE custom_field SET state = 'purged' WHERE id = $1`, [field.id]],
      ['DELETE FROM custom_index WHERE field_id = $1', [field.id]],
    ]
    for (const [text, values] of statements) await executor.query({ text, values, purpose: 'platform' })
  }
  if (found.length > 0) await executor.query({ text: 'UPDATE epoch SET schema_epoch = schema_epoch + 1', purpose: 'platform' })
  return found.map(({ module, field }) => `${module.name}.${field.name}`)
}

async function copyValues(executor: Executor, module: ModuleMetadata, field: StoredField, core: FieldMetadata): Promise<void> {
  const run = (text: string, values: readonly unknown[] = []) => executor.query({ text, values, purpose: 'platform' })
  if (field.type === 'REFERENCES') {
    await run(
      `INSERT INTO public.${quoteIdentifier(core.column)} (source_id, target_id) SELECT source_id, target_id FROM public.${field.column} ON CONFLICT DO NOTHING`,
    )
    await run(`DROP TABLE public.${field.column}`)
    return
  }
  const columns = columnsOf(field)
  const target = columnsOf(core)
  if (columns.length === 0) return
  const table = tableOf(module.table, field)
  const assignments = columns.map(({ name }, index) => `${quoteIdentifier(target[index]?.name as string)} = s.${quoteIdentifier(name)}`)
  await run(
    `UPDATE public.${module.table} t SET ${assignments.join(', ')} FROM public.${table} s WHERE s.id = t.id AND s.${quoteIdentifier(columns[0]?.name as string)} IS NOT NULL`,
  )
  for (const { name } of field.indexes) await run(`DROP INDEX IF EXISTS public.${name}`)
  for (const rule of ['fkey', 'required']) await run(`ALTER TABLE public.${table} DROP CONSTRAINT IF EXISTS ${field.column}_${rule}`)
  await run('INSERT INTO custom_slot (module_number, column_name, extension, type) VALUES ($1, $2, $3, $4)', [
    module.number,
    field.column,
    field.extension,
    slotType(field.type),
  ])
}
