import { type Issue, say, validationFailed } from '../../errors/index.ts'
import { sqlState } from '../database.ts'
import { handlingOf } from '../write/sqlstates.ts'
import type { MetadataChange } from './change.ts'
import type { IndexKind, StoredField } from './stored.ts'
import type { Workspace } from './workspace.ts'

type Told = Pick<Issue, 'code' | 'message'> & { readonly member?: string }

/**
 * The refusal that an administrator sees for one by PostgreSQL, where rows came in between a check and its lock or where only PostgreSQL can judge
 * (the size of an index entry). Other errors, those of tables in use among them, come back unchanged.
 * `place`: where it is told if no field can be named.
 */
export function refusalOf(
  error: unknown,
  { workspace, paths }: Pick<MetadataChange, 'workspace' | 'paths'>,
  place: readonly (string | number)[] = ['input'],
): unknown {
  const state = sqlState(error)
  if (state === undefined) return error
  const { constraint } = error as { readonly constraint?: string }
  const site = constraint === undefined ? undefined : siteOf(constraint, workspace)
  const told = tell(handlingOf(state), site)
  if (told === undefined) return error
  const path = (site && paths.get(site.field.id)) ?? place
  return validationFailed([{ path: told.member === undefined ? path : [...path, told.member], code: told.code, message: told.message }])
}

function tell(handling: ReturnType<typeof handlingOf>, site: Site | undefined): Told | undefined {
  switch (handling) {
    case 'duplicate':
      return site && { member: 'unique', code: 'DUPLICATES', message: say`${site.name} has values that several records share. Change them first.` }
    case 'size':
      return site
        ? { member: site.kind === 'unique' ? 'unique' : 'indexed', code: 'TOO_LONG', message: say`${site.name} has values that are too long for an index.` }
        : { code: 'TOO_LONG', message: say`With this change a record would be too large to be stored. Shorten its longest values first.` }
    case 'missing':
      return {
        code: 'REQUIRED',
        message: site ? say`Records without a value in ${site.name} would have to be changed. Fill them first.` : say`A value is missing.`,
      }
    case 'reference':
      return { code: 'NOT_FOUND', message: say`A record that another one refers to does not exist.` }
    case 'value':
      return { code: 'VALUE', message: say`A value is out of the range that can be stored.` }
    default:
      return undefined
  }
}

interface Site {
  readonly field: StoredField
  /** `<module>.<field>` */
  readonly name: string
  /** Null: the check behind `required`, or a foreign key. */
  readonly kind: IndexKind | null
}

/** The field that an index or constraint belongs to. */
function siteOf(constraint: string, workspace: Workspace): Site | undefined {
  for (const field of workspace.fields) {
    const index = field.indexes.find(({ name }) => name === constraint)
    if (!index && constraint !== `${field.column}_required` && constraint !== `${field.column}_fkey`) continue
    const module = workspace.moduleOf(field)
    return { field, name: module ? `${module.name}.${field.name}` : field.name, kind: index?.kind ?? null }
  }
  return undefined
}
