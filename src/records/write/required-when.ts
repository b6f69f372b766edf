import type { Expression } from '../../entities/expression.ts'
import { DefectError, say } from '../../errors/index.ts'
import { fieldLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { expressionFields, fieldsById } from '../registry/index.ts'
import { type ColumnContext, columnValues, physicalColumns } from './columns.ts'
import type { Draft } from './draft.ts'
import { isSystemOnly } from './input.ts'
import type { Authority, Session } from './session.ts'
import { StatementBuilder } from './statement.ts'

/** SQL of an expression's value; `compileExpression` of `records/formula`. */
export type CompileExpression = (
  expression: Expression,
  fieldById: (id: string) => FieldDefinition | undefined,
  columnOf: (fieldId: string) => string,
) => string

/**
 * Demands the values that the records call for as they will be written (`requiredWhen`): one statement for all drafts of a batch, none where nothing
 * is missing. What the system derives, and what comes out of the recycle bin as it was, is left alone. Nothing is demanded of a writer who does not read the
 * field and all that its condition uses: being refused or not would tell him what they hold.
 */
export async function checkRequiredWhen(
  session: Session,
  module: ModuleDefinition,
  drafts: readonly Draft[],
  authority: Authority,
  context: ColumnContext,
): Promise<void> {
  if (authority.derived) return
  const fields = [...module.fields.values()].filter(
    (field) => field.requiredWhen !== undefined && field.type !== 'AUTO_NUMBER' && !isSystemOnly(field) && isKnownTo(authority, module, field),
  )
  if (fields.length === 0) return
  const missing = drafts.filter((draft) => isWrite(draft) && fields.some((field) => draft.isEmpty(field)))
  if (missing.length === 0) return
  const builder = new StatementBuilder(session.registry)
  const inputs = new DraftColumns(session, module)
  const conditions = fields.map((field, index) => `(${inputs.compile(field.requiredWhen as Expression)}) IS TRUE AS "${index}"`)
  const source = inputs.source(builder, missing, context)
  const rows = await session.transaction.query<Record<string, unknown>>(builder.statement(`SELECT x.n, ${conditions.join(', ')} FROM ${source}`))
  for (const row of rows) {
    const draft = missing[row['n'] as number] as Draft
    for (const [index, field] of fields.entries())
      if (row[index] === true && draft.isEmpty(field))
        draft.refuse(field.name, 'REQUIRED', say`${field.name} is required for this ${module.name} as it stands.`)
  }
}

function isKnownTo({ policy }: Authority, module: ModuleDefinition, field: FieldDefinition): boolean {
  const byId = fieldsById(module)
  return [field, ...expressionFields(field.requiredWhen as Expression).map((id) => byId.get(id))].every((each) => {
    const level = each && fieldLevel(policy, module.name, each.name)
    return level === 'READ' || level === 'WRITE'
  })
}

function isWrite(draft: Draft): boolean {
  if (draft.operation === 'CREATED') return true
  return draft.operation !== 'DELETED' && draft.changedFields().length > 0
}

/** The columns of drafts that expressions use, as a row source `x` in the place of the module's table. */
class DraftColumns {
  readonly #session: Session
  readonly #byId: ReadonlyMap<string, FieldDefinition>
  /** Stored fields in use, by id, with their column's name. */
  readonly #used = new Map<string, { readonly field: FieldDefinition; readonly key: string }>()

  constructor(session: Session, module: ModuleDefinition) {
    this.#session = session
    this.#byId = fieldsById(module)
  }

  compile(expression: Expression): string {
    const { compileExpression } = this.#session
    if (!compileExpression) throw new DefectError('a field with requiredWhen needs a writer that compiles expressions')
    return compileExpression(
      expression,
      (id) => this.#byId.get(id),
      (id) => this.#column(id),
    )
  }

  #column(id: string): string {
    const field = this.#byId.get(id)
    if (!field) throw new DefectError(`an expression uses the field ${id}, which is not there`)
    if (field.formula) return this.compile(field.formula.expression)
    // Who counts what a list holds depends on the reader; a record that is being written has none.
    if (physicalColumns(field).length === 0) return 'NULL'
    const known = this.#used.get(id) ?? { field, key: `c${this.#used.size + 1}` }
    this.#used.set(id, known)
    return `x.${known.key}`
  }

  source(builder: StatementBuilder, drafts: readonly Draft[], context: ColumnContext): string {
    const used = [...this.#used.values()]
    const rows = drafts.map((draft, n) => {
      const row: Record<string, unknown> = { n }
      for (const { field, key } of used) row[key] = columnValues(field, this.#value(draft, field), context)[comparedPart(field)] ?? null
      return row
    })
    const columns = used.map(({ field, key }) => `, ${key} ${physicalColumns(field)[comparedPart(field)]?.type}`)
    return `json_to_recordset(${builder.bind(JSON.stringify(rows), 'json')}) AS x(n int${columns.join('')})`
  }

  /** The field's value once the draft is written; what the row's own columns say of the write is known by then. */
  #value(draft: Draft, field: FieldDefinition): unknown {
    if (!field.system) return draft.after[field.name] ?? null
    const { at, principal } = this.#session
    switch (field.name) {
      case 'id':
        return draft.id
      case 'version':
        return draft.version + 1
      case 'updatedAt':
        return at
      case 'updatedBy':
        return principal.userId
      case 'createdAt':
        return draft.after['createdAt'] ?? at
      case 'createdBy':
        return draft.before === null ? principal.userId : draft.after['createdBy']
      case 'deletedAt':
        return null
      default:
        return draft.after[field.name] ?? null
    }
  }
}

/** Which of the field's columns stands for it in expressions: of money the amount in the organisation's currency, of a phone number its E.164 form. */
function comparedPart({ type }: FieldDefinition): number {
  return type === 'MONEY' ? 2 : type === 'PHONE' ? 1 : 0
}
