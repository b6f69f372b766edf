import type { Principal } from '../../records/access/policy.ts'
import type { Executor } from '../../records/database.ts'
import {
  AFTER_VARIABLE,
  type ChangesPlan,
  type ChangesReader,
  type ChangesRequest,
  type PlanInputs,
  planChanges,
  runChanges,
  type SeenChange,
  UP_TO_VARIABLE,
  WITHOUT_VARIABLE,
} from '../../records/read/index.ts'
import { type EngineSettings, planContext, planInputs } from '../execute/session.ts'
import type { Runtime } from '../operation.ts'

/** Positions that one statement looks at. */
export const WINDOW = 500

/** Changes after a position and up to another one. */
export interface ChangeWindow {
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
}

/** Somebody who reads a window: by a plan that is the same for all windows with these variables. */
export interface WindowRequest {
  readonly plan: ChangesPlan
  readonly window: ChangeWindow
  readonly reader: WindowReader
}

export function planWindow(request: ChangesRequest, window: ChangeWindow, { principal, runtime, settings }: WindowReader): ChangesPlan {
  return planChanges(request, planContext(runtime, principal, settings, inputsOf(window, principal, settings)))
}

/** The changes of a window as the reader may know them, in order. Throws StaleEpochError. */
export async function readWindow(request: WindowRequest, executor: Executor): Promise<SeenChange[]> {
  const [seen = []] = await runChanges([changesReaderOf(request)], executor)
  return seen
}

export function changesReaderOf({ plan, window, reader: { principal, settings } }: WindowRequest): ChangesReader {
  return { plan, inputs: inputsOf(window, principal, settings) }
}

function inputsOf({ after, upTo, without, variables }: ChangeWindow, principal: Principal, settings: EngineSettings): PlanInputs {
  return planInputs(principal, settings, { ...variables, [AFTER_VARIABLE]: after, [UP_TO_VARIABLE]: upTo, [WITHOUT_VARIABLE]: without ?? null })
}

/** The end of the window after a position. */
export function windowEnd(after: string, last: string): string {
  const end = BigInt(after) + BigInt(WINDOW)
  return end < BigInt(last) ? String(end) : last
}
