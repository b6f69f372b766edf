import type { ModuleRule } from '../records/write/index.ts'

/**
 * The first public comment by a member of staff (a user of kind `person`; service users stand for systems and customers' portals)
 * is the ticket's first response.
 */
export const ticketCommentRule: ModuleRule = {
  module: 'ticketComment',
  async after(changes, context) {
    const answers = changes.filter(
      ({ operation, before, after }) => operation !== 'DELETED' && after['visibility'] === 'public' && before?.['visibility'] !== 'public',
    )
    if (answers.length === 0) return
    const authors = await context.images('user', [context.principal.userId])
    if (authors.get(context.principal.userId)?.['kind'] !== 'person') return
    const tickets = await context.images(
      'ticket',
      answers.map(({ after }) => after['ticket'] as string),
      { lock: true },
    )
    const unanswered = [...tickets].filter(([, ticket]) => (ticket['firstResponseAt'] ?? null) === null)
    await context.derive.update(
      'ticket',
      unanswered.map(([id]) => ({ id, values: { firstResponseAt: context.at } })),
    )
  },
}
