import { type Issue, say, validationFailed } from '../errors/index.ts'
import type { Principal } from '../records/access/policy.ts'
import type { ChangeOrigin, CheckedChangeSet, RecordImage, RuleContext, Writer } from '../records/write/index.ts'
import { linkKey } from './ticket-links.ts'

/** Tickets that one call merges. */
const MOST = 100

export interface MergeInput {
  /** The ticket that stays. */
  readonly into: string
  readonly ids: readonly string[]
  /** Versions that any of them is expected to have. */
  readonly ifVersions?: readonly { readonly id: string; readonly version: number }[] | null
}

export interface MergeOutcome {
  readonly ticketId: string
  readonly changeSetId: string
}

/** Fields that tell what a merged ticket was. */
const HISTORY: ReadonlySet<string> = new Set(['ticket.mergedInto', 'ticketStatusChange.ticket'])

/** Fields of watchers and links, of which a ticket has each once. */
const PAIRED: ReadonlySet<string> = new Set(['ticketWatcher.ticket', 'ticketLink.ticket', 'ticketLink.other'])

/** What goes to the surviving ticket, as ids of records by the id of the field that leads there. */
type Movers = ReadonlyMap<string, ReadonlySet<string>>

export interface TicketMerging {
  /**
   * Merges tickets into another one, in one change set: comments, watchers, links, tasks, activities and whatever else refers to them goes to it, as far as the caller reads what
   * follows its ticket; they are closed with `mergedInto`. Needs UPDATE on all and DELETE on those that are merged, by roles. Throws VALIDATION_FAILED,
   * NOT_FOUND, FORBIDDEN and VERSION_CONFLICT.
   */
  merge(principal: Principal, input: MergeInput, origin: ChangeOrigin): Promise<MergeOutcome>
}

export function createTicketMerging(writer: Pick<Writer, 'run'>): TicketMerging {
  return {
    merge: async (principal, input, origin) => {
      const checked = checkInput(input)
      return writer.run(principal, origin, async (changes) => {
        await mergeChecked(changes, checked)
        return { ticketId: checked.into, changeSetId: changes.id }
      })
    },
  }
}

interface CheckedInput {
  readonly into: string
  readonly ids: readonly string[]
  readonly versions: ReadonlyMap<string, number>
}

/** Ids in their canonical form; what needs no database is refused. */
function checkInput({ into, ids, ifVersions }: MergeInput): CheckedInput {
  const survivor = into.toLowerCase()
  const merged = ids.map((id) => id.toLowerCase())
  const issues: Issue[] = []
  if (merged.length === 0) issues.push({ path: ['ids'], code: 'REQUIRED', message: say`Name at least one ticket to merge.` })
  if (merged.length > MOST)
    issues.push({ path: ['ids'], code: 'TOO_LONG', message: say`At most ${MOST} tickets are merged at once; these are ${merged.length}.` })
  for (const [index, id] of merged.entries()) {
    if (id === survivor) issues.push({ path: ['ids', index], code: 'SELF', message: say`A ticket cannot be merged into itself.` })
    else if (merged.indexOf(id) < index) issues.push({ path: ['ids', index], code: 'DUPLICATE', message: say`This ticket is named twice.` })
  }
  const versions = new Map<string, number>()
  for (const [index, { id, version }] of (ifVersions ?? []).entries()) {
    const key = id.toLowerCase()
    if (key !== survivor && !merged.includes(key))
      issues.push({ path: ['ifVersions', index, 'id'], code: 'UNKNOWN', message: say`This is none of the tickets that are merged.` })
    versions.set(key, version)
  }
  if (issues.length > 0) throw validationFailed(issues)
  return { into: survivor, ids: merged, versions }
}

async function mergeChecked(changes: CheckedChangeSet, { into, ids, versions }: CheckedInput): Promise<void> {
  const module = changes.registry.module('ticket')
  const item = (id: string) => ({ id, ifVersion: versions.get(id) ?? null })
  const pathOf = (index: number) => (index === 0 ? ['into'] : ['ids', index - 1])
  const images = await changes.lock(module, [into, ...ids].map(item), ['UPDATE'], { pathOf })
  await changes.lock(module, ids.map(item), ['DELETE'], { pathOf: (index) => ['ids', index] })
  refuseMerged(images, pathOf)
  const context = changes.followUp()
  const movers = await changes.movableReferences(module, { from: ids, fields: PAIRED })
  await dropDoubles(context, movers, into, ids)
  await changes.moveReferences(module, { from: ids, to: into, except: HISTORY })
  await context.derive.update(
    'ticket',
    ids.map((id) => ({ id, values: { status: 'closed', statusReason: 'merged', mergedInto: into } })),
  )
}

/** Throws VALIDATION_FAILED where one of them has been merged before, by somebody who was faster. */
function refuseMerged(images: readonly RecordImage[], pathOf: (index: number) => readonly (string | number)[]): void {
  const message = say`This ticket was merged into another one already.`
  const issues = images.flatMap((image, index) => ((image['mergedInto'] ?? null) === null ? [] : [{ path: pathOf(index), code: 'MERGED', message }]))
  if (issues.length > 0) throw validationFailed(issues)
}

/** Takes away those that move of the watchers and links that the surviving ticket would have twice, or that would lead to itself. What stays where it is stays as it is. */
async function dropDoubles({ related, derive }: RuleContext, movers: Movers, into: string, ids: readonly string[]): Promise<void> {
  const all = [into, ...ids]
  const among = new Set(ids)
  /** What a reference of a record will name. */
  const target = (module: string, field: string, record: RecordImage): string => {
    const named = record[field] as string
    return among.has(named) && movers.get(`${module}.${field}`)?.has(record['id'] as string) ? into : named
  }
  const watchers = [...(await related('ticketWatcher', 'ticket', all)).values()].flat()
  const watched = (watcher: RecordImage) => target('ticketWatcher', 'ticket', watcher)
  const pair = (watcher: RecordImage) => `${watched(watcher)} ${watcher['user']}`
  await derive.delete(
    'ticketWatcher',
    doubles(watchers, (watcher) => watched(watcher) === watcher['ticket'], pair),
  )
  const links = new Map<unknown, RecordImage>()
  for (const field of ['ticket', 'other']) for (const link of [...(await related('ticketLink', field, all)).values()].flat()) links.set(link['id'], link)
  const after = (link: RecordImage) => ({ ticket: target('ticketLink', 'ticket', link), other: target('ticketLink', 'other', link), kind: link['kind'] })
  const stays = (link: RecordImage) => after(link).ticket === link['ticket'] && after(link).other === link['other']
  const inward = [...links.values()].filter((link) => after(link).ticket === after(link).other)
  const others = [...links.values()].filter((link) => !inward.includes(link))
  await derive.delete('ticketLink', [...inward.map(({ id }) => id as string), ...doubles(others, stays, (link) => linkKey(after(link)))])
}

/** Ids of those records that move to where another one says the same: any that stay where they are, or else the oldest, are kept. */
function doubles(records: readonly RecordImage[], stays: (record: RecordImage) => boolean, keyOf: (record: RecordImage) => string): string[] {
  const ordered = [...records].sort((a, b) => Number(stays(b)) - Number(stays(a)) || (String(a['id']) < String(b['id']) ? -1 : 1))
  const known = new Set<string>()
  return ordered.flatMap((record) => {
    const key = keyOf(record)
    if (known.has(key) && !stays(record)) return [record['id'] as string]
    known.add(key)
    return []
  })
}
