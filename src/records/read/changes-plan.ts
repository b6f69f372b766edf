import { DefectError } from '../../errors/index.ts'
import { type Executor, statementName } from '../database.ts'
import { AFTER_VARIABLE, changesSql, READERS, type SeenChange, seenChanges, UP_TO_VARIABLE } from './changes.ts'
import { freshSql, type ReadPlan, runStatement, usedOnly } from './plan.ts'
import { type BindParameter, PlanBuilder, type PlanContext, type PlanInputs } from './plan-builder.ts'
import type { ChangesRequest } from './request.ts'

/** How changes are looked at for one reader, or for several whose statement is the same and differs in values only. */
export interface ChangesPlan {
  readonly request: ChangesRequest
  readonly alone: Omit<ReadPlan, 'reads'>
  readonly together: SharedLook
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
  return { request, alone: usedOnly(sql.replace(READERS, '(SELECT 0 AS reader) v'), builder.bindings), together: togetherOf(sql, shared, builder.bindings) }
}

/** Keys of the parameters that all readers of one window have in common. */
const SHARED = ['schema epoch', 'access epoch', `variable ${AFTER_VARIABLE} bigint`, `variable ${UP_TO_VARIABLE} bigint`]

/** Runs one statement for all: readers of the same text, window and epochs. Answers the changes for each in their order. Throws StaleEpochError. */
export async function runChanges(readers: readonly [ChangesReader, ...ChangesReader[]], executor: Executor): Promise<SeenChange[][]> {
  const [{ plan, inputs }] = readers
  if (readers.some((reader) => reader.plan.together.text !== plan.together.text)) throw new DefectError('these readers have not one statement in common')
  const { alone, together } = plan
  const text =
    readers.length === 1
      ? await runStatement(
          alone,
          alone.bindings.map((bind) => bind(inputs)),
          inputs,
          executor,
        )
      : await runStatement(together, [...together.shared.map((bind) => bind(inputs)), JSON.stringify(readers.map(valuesOf), asSent)], inputs, executor)
  return seenChanges(
    text ?? '[]',
    plan.request,
    readers.map((reader) => reader.inputs.policy),
  )
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
  const numbers = new Map<number, number>()
  const types = new Map<number, string>()
  const text = sql.replaceAll(/'[^']*'|\$(\d+)(?:::([a-z][a-z0-9_]*(?:\[\])?))?/g, (found, digits: string | undefined, type: string | undefined) => {
    if (digits === undefined) return found
    const given = Number(digits)
    if (!shared.has(given)) {
      if (type !== undefined || !types.has(given)) types.set(given, type ?? 'text')
      return type === undefined ? `v.p${given}` : `v.p${given}::${type}`
    }
    if (!numbers.has(given)) numbers.set(given, numbers.size + 1)
    return `$${numbers.get(given)}${type === undefined ? '' : `::${type}`}`
  })
  const columns = [...types].map(([number, type]) => ({ name: `p${number}`, type, plain: type.endsWith('[]') ? 'text[]' : 'text' }))
  const given = [`reader int`, ...columns.map(({ name, plain }) => `${name} ${plain}`)].join(', ')
  const read = ['r.reader', ...columns.map(({ name, type }) => `r.${name}::${type} AS ${name}`)].join(', ')
  const readers = `(SELECT ${read} FROM jsonb_to_recordset($${numbers.size + 1}::jsonb) r(${given}) OFFSET 0) v`
  const whole = text.replace(READERS, () => readers)
  return {
    text: whole,
    name: statementName(whole),
    shared: [...numbers.keys()].map((number) => bindings[number - 1] as BindParameter),
    own: [...types.keys()].map((number) => [`p${number}`, bindings[number - 1] as BindParameter]),
  }
}
