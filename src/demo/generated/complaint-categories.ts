import { createAll, Ids } from '../records.ts'
import { type Generation, SOURCE } from './generation.ts'
import { CATEGORIES } from './phrases.ts'

/** What tickets are about: a tree of two levels, all of which the service team takes in turns. */
export async function generateComplaintCategories({ changes, teams }: Generation): Promise<Ids> {
  const ids = new Map<string, string>()
  for (const level of [CATEGORIES.filter(({ parent }) => parent === null), CATEGORIES.filter(({ parent }) => parent !== null)]) {
    const made = await createAll(
      changes,
      'complaintCategory',
      level.map(({ name, parent, priority }) => ({
        name,
        ...(parent === null ? { defaultTeam: teams.ref('service'), assignment: 'round_robin' } : { parent: { id: ids.get(parent) } }),
        defaultPriority: priority,
        ...SOURCE,
      })),
    )
    for (const [index, { key }] of level.entries()) ids.set(key, made[index] as string)
  }
  return new Ids('complaintCategory', ids)
}
