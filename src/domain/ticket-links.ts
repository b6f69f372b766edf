import { say } from '../errors/index.ts'
import type { ModuleRule, RecordImage } from '../records/write/index.ts'

/**
 * A ticket is linked to another one, once in each way; `relates_to` is the same in both directions. Both are locked while their links change, so that two
 * writers never make the same link.
 */
export const ticketLinkRule: ModuleRule = {
  module: 'ticketLink',
  async before(changes, context) {
    const added = changes.filter(({ operation }) => operation === 'CREATED' || operation === 'RESTORED')
    const ids = added.flatMap(({ after }) => [after['ticket'] as string, after['other'] as string])
    await context.images('ticket', ids, { lock: true })
    const links = await context.related('ticketLink', 'ticket', ids)
    const known = new Set([...links.values()].flat().map(linkKey))
    for (const change of added) {
      const key = linkKey(change.after)
      if (change.after['ticket'] === change.after['other']) change.refuse('other', 'SELF', say`A ticket cannot be linked to itself.`)
      else if (known.has(key)) change.refuse('other', 'DUPLICATE', say`These tickets are already linked in this way.`)
      known.add(key)
    }
  },
}

/** Links of the same key say the same. */
export function linkKey({ ticket, other, kind }: RecordImage): string {
  return [...(kind === 'relates_to' ? [ticket, other].sort() : [ticket, other]), kind].join(' ')
}
