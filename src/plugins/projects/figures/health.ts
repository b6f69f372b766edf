import { daysBetween } from '../../api/index.ts'

export type Health = 'green' | 'yellow' | 'red'
export type HealthReason = 'slips' | 'milestone_overdue' | 'behind_schedule'

/** From when on something is yellow, or red. */
export interface HealthLimits {
  readonly yellowSlipDays: number
  readonly redSlipDays: number
  readonly redOverdueMilestones: number
  readonly yellowBehindPoints: number
  readonly redBehindPoints: number
}

export interface Condition {
  readonly today: string
  readonly startsOn: string | null
  readonly endsOn: string | null
  readonly progress: number
  readonly slipDays: number | null
  readonly overdueMilestones: number
}

/** Health of an open project with all that speaks against it. Money has no say: who sees the health need not see costs. */
export function healthOf(condition: Condition, limits: HealthLimits): { readonly health: Health; readonly reasons: readonly HealthReason[] } {
  const { slipDays, overdueMilestones, progress } = condition
  const behind = expectedProgress(condition) - progress
  const slip = slipDays ?? 0
  const levels: readonly (readonly [HealthReason, number])[] = [
    ['slips', slip === 0 ? 0 : level(slip, limits.yellowSlipDays, limits.redSlipDays)],
    ['milestone_overdue', level(overdueMilestones, 1, limits.redOverdueMilestones)],
    ['behind_schedule', level(behind, limits.yellowBehindPoints, limits.redBehindPoints)],
  ]
  const worst = Math.max(...levels.map(([, found]) => found))
  return { health: worst === 2 ? 'red' : worst === 1 ? 'yellow' : 'green', reasons: levels.filter(([, found]) => found > 0).map(([reason]) => reason) }
}

function level(value: number, yellow: number, red: number): 0 | 1 | 2 {
  return value >= red ? 2 : value >= yellow ? 1 : 0
}

/** The share of its time that has passed, in percent; 0 before the start and without dates. */
export function expectedProgress({ today, startsOn, endsOn }: Pick<Condition, 'today' | 'startsOn' | 'endsOn'>): number {
  if (startsOn === null || endsOn === null || today <= startsOn) return 0
  if (today >= endsOn) return 100
  return Math.floor((100 * daysBetween(startsOn, today)) / daysBetween(startsOn, endsOn))
}
