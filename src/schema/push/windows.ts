import type { Principal } from '../../records/access/policy.ts'
import type { Executor } from '../../records/database.ts'
import {
  AFTER_VARIABLE,
  type ChangesRequest,
  planRead,
  runRead,
  type SeenChange,
  seenChanges,
  UP_TO_VARIABLE,
  WITHOUT_VARIABLE,
} from '../../records/read/index.ts'
import { type EngineSettings, planContext, planInputs } from '../execute/session.ts'
import type { Runtime } from '../operation.ts'

/** Positions that one statement looks at. */
export const WINDOW = 500

/** Changes of one module after a position and up to another one. */
export interface ChangeWindow {
  readonly request: ChangesRequest
  readonly after: string
  readonly upTo: string
  /** Whose own changes are left out. */
  readonly without?: string
  /** Values of the variables that the filter names. */
  readonly variables: Readonly<Record<string, unknown>>
}

export interface WindowReader {
  readonly principal: Principal
  readonly runtime: Runtime
  readonly settings: EngineSettings
  readonly executor: Executor
}

/** The changes of a window as the reader may know them, in order. Throws StaleEpochError. */
export async function readWindow(
  { request, after, upTo, without, variables }: ChangeWindow,
  { principal, runtime, settings, executor }: WindowReader,
): Promise<SeenChange[]> {
  const inputs = planInputs(principal, settings, { ...variables, [AFTER_VARIABLE]: after, [UP_TO_VARIABLE]: upTo, [WITHOUT_VARIABLE]: without ?? null })
  const text = await runRead(planRead(request, planContext(runtime, principal, settings, inputs)), inputs, executor)
  return seenChanges(text ?? '[]', request.module)
}

/** The end of the window after a position. */
export function windowEnd(after: string, last: string): string {
  const end = BigInt(after) + BigInt(WINDOW)
  return end < BigInt(last) ? String(end) : last
}
