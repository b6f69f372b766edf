import type { AfterHook, BeforeHook } from '../../api/index.ts'
import { reassess, todayOf } from '../assess.ts'
import type { Settings } from '../settings.ts'

/** A milestone that is done has a day on which it was. */
export const milestoneFollows: BeforeHook<Settings> = {
  module: 'projectMilestone',
  on: ['CREATED', 'UPDATED'],
  run: (changes, context) => {
    for (const change of changes) {
      if (!change.changes('done') || change.given('doneOn')) continue
      const isDone = change.after['done'] === true
      if (isDone || change.before !== null) change.set('doneOn', isDone ? todayOf(context) : null)
    }
  },
}

/** The figures of projects follow their milestones. */
export const milestoneCounts: AfterHook<Settings> = {
  module: 'projectMilestone',
  run: (changes, context) =>
    reassess(
      context,
      changes.flatMap(({ before, after }) => [before?.['project'], after['project']]),
    ),
}
