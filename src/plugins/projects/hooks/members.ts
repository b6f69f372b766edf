import type { AfterHook } from '../../api/index.ts'
import { Refusal } from '../../api/index.ts'
import { idsOf } from '../assess.ts'
import { blocks } from '../blocks.ts'
import type { Settings } from '../settings.ts'

/** Nobody is a member twice. The project is locked meanwhile, so that two requests at once do not make it so. */
export const memberOnce: AfterHook<Settings> = {
  module: 'projectMember',
  on: ['CREATED', 'UPDATED', 'RESTORED'],
  run: async (changes, { derive, asSystem }) => {
    const placed = changes.filter(
      ({ before, after, operation }) => operation !== 'UPDATED' || before?.['user'] !== after['user'] || before?.['project'] !== after['project'],
    )
    if (placed.length === 0) return
    const projects = idsOf(placed.map(({ after }) => after['project']))
    await derive.lock('project', projects)
    const system = await asSystem('members of projects')
    const users = idsOf(placed.map(({ after }) => after['user']))
    for (const [some, people] of blocks(projects, users)) {
      const filter = { project: { id: { in: some } }, user: { id: { in: people } } }
      const groups = await system.aggregate('projectMember', { filter, groupBy: ['project', 'user'] })
      if (groups.some(({ count }) => count > 1))
        throw new Refusal('VALIDATION_FAILED', { en: 'The user is a member of the project already.', 'zh-CN': '该用户已是项目成员。' }, [
          {
            path: ['input', 'user'],
            code: 'MEMBER_ALREADY',
            message: {
              en: 'The user is a member of the project already. Change that membership instead.',
              'zh-CN': '该用户已是项目成员。请改为修改该成员关系。',
            },
          },
        ])
    }
  },
}
