import type { FieldType } from '../../entities/metadata.ts'
import type { Application } from './application.ts'
import { createFields, type NewField } from './create-fields.ts'
import { type ModuleSite, makeModule, withNameSearch } from './create-module.ts'
import type { WantedField } from './match-fields.ts'
import { isWithin } from './refusals.ts'
import type { StoredModule } from './stored.ts'

/** Makes the modules of the state that are not there, still without fields; answers what they are to be in the end. */
export async function createModules({ change, standing, wanted, refusals }: Application, site: ModuleSite): Promise<StoredModule[]> {
  const made: StoredModule[] = []
  for (const [index, state] of wanted.entries()) {
    if (standing.module(state.name)) continue
    await refusals.allow(['input', index], async () => {
      const input = { ...state, pluralName: state.pluralName as string }
      made.push(await makeModule(change, input, state.fields ?? [], site, ['input', index]))
    })
  }
  return made
}

/** Makes fields without their conditions. A plan leaves out those that are refused, and makes the others. */
export async function createWanted(application: Application, fields: readonly WantedField[], made: readonly StoredModule[]): Promise<void> {
  const { change, refusals, currency } = application
  const { workspace } = change
  let open = fields.flatMap((field) => newField(application, field, made) ?? [])
  while (open.length > 0) {
    const known = new Set(workspace.fields.map(({ id }) => id))
    try {
      await createFields(change, open, currency)
      return
    } catch (error) {
      const issues = refusals.keep(error, (open[0] as NewField).path)
      for (const field of workspace.fields) if (!known.has(field.id)) workspace.put({ field: { ...field, state: 'deleted' } })
      const left = open.filter(({ path }) => !issues.some((issue) => isWithin(issue.path, path)))
      open = left.length < open.length ? left : open.slice(1)
    }
  }
}

const FOUND_BY_NAME: ReadonlySet<FieldType> = new Set(['TEXT', 'EMAIL', 'URL', 'AUTO_NUMBER'])

/** Undefined where a plan could not make the module. */
function newField({ change }: Application, { module: name, input, path }: WantedField, made: readonly StoredModule[]): NewField | undefined {
  const module = change.workspace.module(name)
  if (!module) return undefined
  const nameField = made.find((each) => each.name === name)?.nameField
  const described = { ...input, requiredWhen: null }
  const named = nameField !== undefined && FOUND_BY_NAME.has(input.type) ? withNameSearch(described, nameField) : described
  return { module: { name, number: module.number, table: module.table }, input: named, path }
}
