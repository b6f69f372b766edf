import { say } from '../errors/index.ts'
import type { ModuleRule } from '../records/write/index.ts'

/**
 * A contact is linked to an account once: `contact.account` is the primary account, links are the further ones. Contacts are
 * locked while their links change, so that two writers never make the same link.
 */
export const accountContactRule: ModuleRule = {
  module: 'accountContact',
  async before(changes, context) {
    const added = changes.filter(({ operation }) => operation === 'CREATED' || operation === 'RESTORED')
    const ids = added.map(({ after }) => after['contact'] as string)
    await context.images('contact', ids, { lock: true })
    const links = await context.related('accountContact', 'contact', ids)
    const pairs = new Set([...links].flatMap(([contact, held]) => held.map((link) => `${contact} ${link['account']}`)))
    for (const change of added) {
      const pair = `${change.after['contact']} ${change.after['account']}`
      if (pairs.has(pair)) change.refuse('account', 'DUPLICATE', say`This contact is already linked to this account. Change that link instead.`)
      pairs.add(pair)
    }
  },
}
