import { type DerivedRecords, dayIn, type HookContext, type RecordImage, type RecordValues } from '../api/index.ts'
import { forecastOf } from './figures/forecast.ts'
import { healthOf } from './figures/health.ts'
import { type ProgressRule, progressOf } from './figures/progress.ts'
import { CLOSED } from './modules/project.ts'
import { type Figures, NO_FIGURES, readFigures, readSpending } from './read-figures.ts'
import type { Settings } from './settings.ts'

/** What a project shows of its tasks and milestones on a day. `project`: its own fields, as a record or an image. */
export function assessed(project: RecordImage, figures: Figures, today: string, settings: Settings): RecordValues {
  const [startsOn, endsOn, endedOn] = ['startsOn', 'endsOn', 'endedOn'].map((field) => (project[field] ?? null) as string | null) as [
    string | null,
    string | null,
    string | null,
  ]
  const isClosed = CLOSED.has(project['status'])
  const progress = progressOf((project['progressRule'] ?? 'tasks') as ProgressRule, figures.tasks, figures.milestones)
  const forecast = forecastOf({ today, isClosed, endsOn, endedOn, lastOpenOn: figures.lastOpenOn })
  const overdueMilestones = isClosed ? 0 : figures.overdueMilestones
  const { health, reasons } = healthOf({ today, startsOn, endsOn, progress, slipDays: forecast.slipDays, overdueMilestones }, settings)
  return {
    progress,
    forecastEndsOn: forecast.endsOn,
    slipDays: forecast.slipDays,
    overdueMilestones,
    health: isClosed ? null : health,
    healthReasons: isClosed ? [] : reasons,
  }
}

type Context = Pick<HookContext<Settings>, 'at' | 'settings' | 'asSystem'> & { readonly derive: Pick<DerivedRecords, 'lock' | 'update'> }

/** Day of the change. */
export const todayOf = ({ at, settings }: Pick<Context, 'at' | 'settings'>): string => dayIn(settings.timeZone, at)

/** What follows for projects from changes of their tasks and milestones. They are locked first, so that the figures miss nothing that others write at the same time. */
export async function reassess(context: Context, projects: Iterable<unknown>): Promise<void> {
  const locked = await lock(context, projects)
  if (locked.size === 0) return
  const today = todayOf(context)
  const system = await context.asSystem('figures of projects')
  const figures = await readFigures(system, [...locked.keys()], today, (instant) => dayIn(context.settings.timeZone, instant))
  const values = (id: string, image: RecordImage) => assessed(image, figures.get(id) ?? NO_FIGURES, today, context.settings)
  await context.derive.update(
    'project',
    [...locked].map(([id, image]) => ({ id, values: values(id, image) })),
  )
}

/** What follows for projects from changes of their times and expenses. */
export async function recount(context: Context, projects: Iterable<unknown>): Promise<void> {
  const locked = await lock(context, projects)
  if (locked.size === 0) return
  const system = await context.asSystem('spending of projects')
  const spending = await readSpending(system, [...locked.keys()])
  await context.derive.update(
    'project',
    [...spending].map(([id, values]) => ({ id, values: { ...values } })),
  )
}

async function lock({ derive }: Context, projects: Iterable<unknown>): Promise<ReadonlyMap<string, RecordImage>> {
  const ids = idsOf(projects)
  return ids.length === 0 ? new Map() : derive.lock('project', ids)
}

/** Each id once; what is none is left out. */
export function idsOf(values: Iterable<unknown>): string[] {
  return [...new Set(values)].filter((value): value is string => typeof value === 'string')
}
