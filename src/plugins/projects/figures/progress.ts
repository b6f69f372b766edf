import { unitsOf } from '../../api/index.ts'
import { percentOf } from './decimal.ts'

export type ProgressRule = 'tasks' | 'effort' | 'milestones'

/** Sums over the tasks of a project that are not cancelled. Decimals as text. */
export interface TaskSums {
  readonly count: number
  /** Of their percent done. */
  readonly percent: string
  /** Of their efforts. */
  readonly planned: string
  /** Of effort × percent done / 100. */
  readonly earned: string
}

/** Sums over the milestones of a project. */
export interface MilestoneSums {
  readonly count: number
  readonly done: number
  readonly weight: string
  readonly doneWeight: string
}

/**
 * Progress in percent: the mean of the tasks, the mean weighted by their efforts, or the weight of the milestones that are done. Where all weights are 0 each counts the same; 0 where there is
 * nothing to go by; 100 only where all is done.
 */
export function progressOf(rule: ProgressRule, tasks: TaskSums, milestones: MilestoneSums): number {
  if (rule === 'milestones') {
    const weight = unitsOf(milestones.weight)
    if (weight > 0n) return percentOf(unitsOf(milestones.doneWeight), weight)
    return milestones.count > 0 ? percentOf(BigInt(milestones.done), BigInt(milestones.count)) : 0
  }
  const planned = unitsOf(tasks.planned)
  if (rule === 'effort' && planned > 0n) return percentOf(unitsOf(tasks.earned), planned)
  return tasks.count > 0 ? percentOf(unitsOf(tasks.percent), unitsOf(String(tasks.count * 100))) : 0
}
