import type { Guard } from '../../api/index.ts'
import { idsOf } from '../assess.ts'
import { parts } from '../blocks.ts'
import type { Settings } from '../settings.ts'

/** The milestone of a template's task is one of the same template. */
export const templateTaskFits: Guard<Settings> = {
  module: 'projectTemplateTask',
  on: ['CREATED', 'UPDATED'],
  run: async (changes, { asSystem }) => {
    const placed = changes.filter((change) => change.after['milestone'] != null && (change.changes('milestone') || change.changes('template')))
    if (placed.length === 0) return
    const system = await asSystem('milestones of templates')
    const ids = idsOf(placed.map(({ after }) => after['milestone']))
    const templates = new Map<string, unknown>()
    for (const part of parts(ids, 500))
      for (const milestone of await system.byIds('projectTemplateMilestone', part, ['template']))
        if (milestone) templates.set(milestone.id, milestone['template'])
    for (const change of placed)
      if (templates.get(change.after['milestone'] as string) !== change.after['template'])
        change.refuse('milestone', 'MILESTONE_MISMATCH', { en: 'milestone must be one of the same template.', 'zh-CN': 'milestone 须属于同一模板。' })
  },
}
