import { DefectError } from '../../errors/index.ts'
import { type Executor, statementName } from '../database.ts'
import { AFTER_VARIABLE, type ChangeSight, changeSight, changesSql, READERS, type SeenChange, seenChanges, UP_TO_VARIABLE } from './changes.ts'
import { freshSql, type ReadPlan, runStatement, usedOnly } from './plan.ts'
import { type BindParameter, PlanBuilder, type PlanContext, type PlanInputs } from './plan-builder.ts'
import type { ChangesRequest } from './request.ts'

/** How changes are looked at for one reader, or for several whose statement is the same and differs in values only. */
export interface ChangesPlan {
  readonly alone: Omit<ReadPlan, 'reads'>
  /** Made when it is first asked for: not everybody has company. */
  readonly together: SharedLook
  readonly sight: ChangeSight
}

interface SharedLook {
  readonly text: string
  readonly name: string
  /** Bound once for all: epochs, and the window's bounds. */
  readonly shared: readonly BindParameter[]
  /** Bound for each reader, by their columns. */
  readonly own: readonly (readonly [column: string, bind: BindParameter])[]
}

/** Somebody for whom a window of changes is looked at. */
export interface ChangesReader {
  readonly plan: ChangesPlan
  readonly inputs: PlanInputs
}

/** Throws GuanxiError for operands that are not valid. */
export function planChanges(request: ChangesRequest, context: PlanContext): ChangesPlan {
  const builder = new PlanBuilder(context)
  const sql = freshSql((build) => changesSql(request, build), builder)
  const shared = new Set(SHARED.map((key) => Number(builder.placeholderOf(key).slice(1))))
  let together: SharedLook | undefined
  return {
    alone: usedOnly(sql.replace(READERS, '(SELECT 0 AS reader) v'), builder.bindings),
    get together() {
      together ??= togetherOf(sql, shared, builder.bindings)
      return together
    },
    sight: changeSight(request.module, context.policy),
  }
}

/** Keys of the parameters that all readers of one window have in common. */
const SHARED = ['schema epoch', 'access epoch', `variable ${AFTER_VARIABLE} bigint`, `variable ${UP_TO_VARIABLE} bigint`]

/** Runs one statement for all: readers of the same text, window and epochs. Answers the changes for each in their order. Throws StaleEpochError. */
export async function runChanges(readers: readonly [ChangesReader, ...ChangesReader[]], executor: Executor): Promise<SeenChange[][]> {
  const text = readers.length === 1 ? await lookAlone(readers[0], executor) : await lookTogether(readers, executor)
  return seenChanges(
    text ?? '[]',
    readers.map(({ plan }) => plan.sight),
  )
}

function lookAlone({ plan: { alone }, inputs }: ChangesReader, executor: Executor): Promise<string | null> {
  return runStatement(
    alone,
    alone.bindings.map((bind) => bind(inputs)),
    inputs,
    executor,
  )
}

function lookTogether(readers: readonly [ChangesReader, ...ChangesReader[]], executor: Executor): Promise<string | null> {
  const [{ plan, inputs }] = readers
  const { together } = plan
  if (readers.some((reader) => reader.plan.together.text !== together.text)) throw new DefectError('these readers have not one statement in common')
  return runStatement(together, [...together.shared.map((bind) => bind(inputs)), JSON.stringify(readers.map(valuesOf), asSent)], inputs, executor)
}

/** A text as a parameter of its own would be sent: without halves of characters, which PostgreSQL's JSON refuses. */
function asSent(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? Buffer.from(value).toString() : value
}

function valuesOf({ plan, inputs }: ChangesReader, reader: number): Readonly<Record<string, unknown>> {
  return { reader, ...Object.fromEntries(plan.together.own.map(([column, bind]) => [column, bind(inputs)])) }
}

/**
 * The statement with readers in it: a parameter that readers have each for themselves is a column of theirs. Values travel as JSON and become what they are by PostgreSQL's own reading of their texts, as a
 * parameter's would. Literals are passed over.
 */
function togetherOf(sql: string, shared: ReadonlySet<number>, bindings: readonly BindParameter[]): SharedLook {
  const types = new Map<number, string>()
  const statement = usedOnly(sql, bindings, (given, type) => {
    if (shared.has(given)) return undefined
    if (type !== undefined || !types.has(given)) types.set(given, type ?? 'text')
    return `v.p${given}`
  })
  const columns = [...types].map(([number, type]) => ({ name: `p${number}`, type, plain: type.endsWith('[]') ? 'text[]' : 'text' }))
  const given = [`reader int`, ...columns.map(({ name, plain }) => `${name} ${plain}`)].join(', ')
  const read = ['r.reader', ...columns.map(({ name, type }) => `r.${name}::${type} AS ${name}`)].join(', ')
  const readers = `(SELECT ${read} FROM jsonb_to_recordset($${statement.bindings.length + 1}::jsonb) r(${given}) OFFSET 0) v`
  const text = statement.text.replace(READERS, () => readers)
  return {
    text,
    name: statementName(text),
    shared: statement.bindings,
    own: [...types.keys()].map((number) => [`p${number}`, bindings[number - 1] as BindParameter]),
  }
}
