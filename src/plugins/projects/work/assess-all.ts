import { z } from 'zod'
import { dayIn, defineJob, type PluginRecord, type RecordChanges } from '../../api/index.ts'
import { assessed } from '../assess.ts'
import { OPEN } from '../modules/project.ts'
import { NO_FIGURES, readFigures } from '../read-figures.ts'
import type { Settings } from '../settings.ts'

const PAGE = 100
const FIELDS = ['code', 'status', 'progressRule', 'startsOn', 'endsOn', 'endedOn']

/** The last day for which a process has seen to all projects. */
const SEEN = 'assessed until'
const TWO_DAYS = 172_800_000

/**
 * Each night the day is another one: what was due yesterday is overdue now. Days begin at any quarter of an hour, by the time zone, so it looks that often whether one has. A project that shows the
 * same as before is not written.
 */
export const assessAll = defineJob<Settings, { at: string }>({
  name: 'assessAll',
  payload: z.object({ at: z.string() }),
  cron: '2,17,32,47 * * * *',
  budget: 600_000,
  run: async ({ at }, { settings, asSystem, signal, cache }) => {
    const today = dayIn(settings.timeZone, at)
    if (cache.get(SEEN) === today) return
    const system = await asSystem('figures of projects')
    for (let after = ''; ; ) {
      signal.throwIfAborted()
      const filter = { status: { in: [...OPEN] }, ...(after !== '' && { code: { gt: after } }) }
      const page = await system.find('project', { filter, orderBy: [{ code: 'ASC' }], first: PAGE, fields: ['code'] })
      const ids = page.map(({ id }) => id)
      if (ids.length > 0) await system.change((records) => assessPage(records, ids, today, settings))
      if (page.length < PAGE) break
      after = page.at(-1)?.['code'] as string
    }
    cache.set(SEEN, today, TWO_DAYS)
  },
})

async function assessPage(records: RecordChanges, ids: readonly string[], today: string, settings: Settings): Promise<void> {
  await records.lock('project', ids)
  const projects = (await records.byIds('project', ids, FIELDS)).filter((project): project is PluginRecord => project !== null)
  const figures = await readFigures(
    records,
    projects.map(({ id }) => id),
    today,
    (instant) => dayIn(settings.timeZone, instant),
  )
  await records.update(
    'project',
    projects.map((project) => ({ id: project.id, values: assessed(project, figures.get(project.id) ?? NO_FIGURES, today, settings) })),
  )
}
