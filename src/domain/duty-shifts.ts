import { say } from '../errors/index.ts'
import type { ModuleRule } from '../records/write/index.ts'

/** A shift is of a person, for a team (the user's home team unless given), and ends after it begins. */
export const dutyShiftRule: ModuleRule = {
  module: 'dutyShift',
  async before(changes, context) {
    const written = changes.filter(({ operation }) => operation !== 'DELETED')
    const users = await context.images(
      'user',
      written.map(({ after }) => after['user'] as string),
    )
    for (const change of written) {
      const user = users.get(change.after['user'] as string)
      if (change.operation === 'CREATED' && !change.given('team')) change.set('team', user?.['team'] ?? null)
      if ((change.after['team'] ?? null) === null)
        change.refuse('team', 'REQUIRED', say`team is required: a shift is for a team, and this user has no home team.`)
      if (change.changes('user') && user && user['kind'] !== 'person') change.refuse('user', 'PERSON', say`Only people are on duty, not service users.`)
      const { startsAt, endsAt } = change.after
      if (typeof startsAt === 'string' && typeof endsAt === 'string' && Date.parse(endsAt) <= Date.parse(startsAt))
        change.refuse('endsAt', 'RANGE', say`endsAt must be later than startsAt.`)
    }
  },
}
