import { z } from 'zod'
import { dayIn, defineJob, type EventHandler } from '../../api/index.ts'
import type { Settings } from '../settings.ts'
import { createFromTemplate } from './create-from-template.ts'

/** Puts a job into the queue for each opportunity that has become won: what stands in the way of one project keeps no other change waiting. */
export const wonOpportunities: EventHandler<Settings> = {
  name: 'wonOpportunities',
  modules: ['opportunity'],
  on: ['CREATED', 'UPDATED'],
  run: async (events, { settings, records, once }) => {
    if (settings.wonTemplate === '') return
    const moved = events.filter(({ operation, changedFields }) => operation === 'CREATED' || changedFields.includes('status')).map(({ id }) => id)
    if (moved.length === 0) return
    const found = await records.byIds('opportunity', [...new Set(moved)], ['status'])
    const won = found.flatMap((opportunity) => (opportunity?.['status'] === 'won' ? [opportunity.id] : []))
    await once(async (_records, jobs) => {
      for (const opportunity of won) await jobs.add('makeProject', { opportunity }, { key: opportunity })
    })
  },
}

/** Makes the project of a won opportunity, once: one that has a project gets no other. */
export const makeProject = defineJob<Settings, { opportunity: string }>({
  name: 'makeProject',
  payload: z.object({ opportunity: z.string() }),
  run: async ({ opportunity: id }, { settings, log, lock, once }) => {
    if (settings.wonTemplate === '') return
    // Two jobs of one opportunity come one after the other, so that the second one finds what the first has made.
    await lock(`project of ${id}`, () =>
      once(async (records) => {
        const opportunity = await records.get('opportunity', id, ['name', 'status', 'account', 'owner', 'closedAt', 'updatedAt'])
        if (opportunity?.['status'] !== 'won' || (await records.count('project', { opportunity: { id: { eq: id } } })) > 0) return
        const project = await createFromTemplate(records, {
          template: settings.wonTemplate,
          name: opportunity['name'] as string,
          startsOn: dayIn(settings.timeZone, (opportunity['closedAt'] ?? opportunity['updatedAt']) as string),
          account: opportunity['account'] as string | null,
          opportunity: id,
          owner: opportunity['owner'] as string | null,
        })
        log.info('a project was made of a won opportunity', { opportunity: id, project })
      }),
    )
  },
})
