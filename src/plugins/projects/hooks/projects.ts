import { type BeforeHook, type ChangeableRecord, dayIn, type Guard, type TransitionRule } from '../../api/index.ts'
import { assessed, todayOf } from '../assess.ts'
import { CLOSED, COMPUTED } from '../modules/project.ts'
import { NO_FIGURES, readFigures } from '../read-figures.ts'
import type { Settings } from '../settings.ts'

/** Steps of a project's status. */
export const TRANSITIONS: Readonly<Record<string, readonly TransitionRule[]>> = {
  'project.status': [
    { from: null, to: 'planned' },
    { from: null, to: 'active' },
    { from: 'planned', to: 'active' },
    { from: 'planned', to: 'cancelled' },
    { from: 'active', to: 'on_hold' },
    { from: 'active', to: 'completed' },
    { from: 'active', to: 'cancelled' },
    { from: 'on_hold', to: 'active' },
    { from: 'on_hold', to: 'cancelled' },
    { from: 'completed', to: 'active', roles: ['sales_manager', 'finance'] },
    { from: 'cancelled', to: 'planned', roles: ['sales_manager', 'finance'] },
  ],
}

/** Fields that the figures of a project depend on. */
const DECISIVE = ['status', 'progressRule', 'startsOn', 'endsOn', 'endedOn'] as const

/** The end follows the status, the figures follow both. */
export const projectFollows: BeforeHook<Settings> = {
  module: 'project',
  on: ['CREATED', 'UPDATED'],
  run: async (changes, context) => {
    if (context.derived) return
    const today = todayOf(context)
    for (const change of changes) followStatus(change, today)
    const decisive = changes.filter((change) => change.operation === 'CREATED' || DECISIVE.some((field) => change.changes(field)))
    const standing = decisive.filter(({ operation }) => operation === 'UPDATED').map(({ id }) => id)
    const figures =
      standing.length === 0
        ? new Map()
        : await readFigures(await context.asSystem('figures of projects'), standing, today, (instant) => dayIn(context.settings.timeZone, instant))
    for (const change of decisive)
      for (const [field, value] of Object.entries(assessed(change.after, figures.get(change.id) ?? NO_FIGURES, today, context.settings)))
        change.set(field, value)
  },
}

function followStatus(change: ChangeableRecord, today: string): void {
  if (change.given('endedOn') || !change.changes('status')) return
  const isClosed = CLOSED.has(change.after['status'])
  if (isClosed !== CLOSED.has(change.before?.['status'])) change.set('endedOn', isClosed ? today : null)
}

/** What is computed is written by nobody, and no project ends before it begins. */
export const projectHolds: Guard<Settings> = {
  module: 'project',
  on: ['CREATED', 'UPDATED'],
  run: (changes, { derived, user }) => {
    for (const change of changes) {
      const { startsOn, endsOn } = change.after as { startsOn: string | null; endsOn: string | null }
      if (startsOn !== null && endsOn !== null && endsOn < startsOn && (change.changes('startsOn') || change.changes('endsOn')))
        change.refuse('endsOn', 'BEFORE_START', {
          en: `endsOn must not be before startsOn, ${startsOn}.`,
          'zh-CN': `endsOn 不得早于 startsOn（${startsOn}）。`,
        })
      if (derived || user.self || user.system) continue
      for (const field of COMPUTED)
        if (change.given(field)) change.refuse(field, 'COMPUTED', { en: `${field} is computed; leave it out.`, 'zh-CN': `${field} 为计算字段；请将其省略。` })
    }
  },
}
