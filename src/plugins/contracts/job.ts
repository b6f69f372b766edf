import { z } from 'zod'
import { addDays, type Day, dayIn, defineJob, type OnceContext, type PluginRecord, type RecordChanges, type RecordFilter } from '../api/index.ts'
import { addMonths } from './lib/days.ts'
import type { Settings } from './settings.ts'

/** Records that one transaction changes. */
const PAGE = 100

type Context = OnceContext<Settings>

interface Step {
  /** For the log. */
  readonly what: string
  readonly module: string
  readonly due: RecordFilter
  readonly orderBy: Readonly<Record<string, 'ASC'>>
  readonly fields: readonly string[]
  take(records: RecordChanges, due: readonly PluginRecord[]): Promise<void>
}

/** What comes by date: contracts become active, amendments come into force, what has ended expires or renews. A minute past each quarter of an hour: in every time zone the day begins at one of these. */
export const followDates = defineJob<Settings, { at: string }>({
  name: 'followDates',
  payload: z.object({ at: z.string() }),
  cron: '1,16,31,46 * * * *',
  budget: 600_000,
  run: async (_payload, context) => {
    const today = dayIn(context.settings.timeZone, context.now())
    for (const step of stepsOf(today)) await takeAll(step, context)
  },
})

function stepsOf(today: Day): readonly Step[] {
  const setStatus =
    (module: string, status: string) =>
    (records: RecordChanges, due: readonly PluginRecord[]): Promise<void> =>
      records.update(
        module,
        due.map(({ id, version }) => ({ id, values: { status }, ifVersion: Number(version) })),
      )
  const renews = { renewal: { eq: 'automatic' }, noticeGivenAt: { isNull: true }, renewalMonths: { isNull: false } }
  const ended = { status: { eq: 'active' }, endsAt: { lt: today } }
  return [
    {
      what: 'contracts that begin',
      module: 'contract',
      due: { status: { eq: 'signed' }, startsAt: { lte: today } },
      orderBy: { startsAt: 'ASC' },
      fields: ['version'],
      take: setStatus('contract', 'active'),
    },
    {
      what: 'amendments that come into force',
      module: 'contractAmendment',
      due: { status: { eq: 'signed' }, effectiveAt: { lte: today } },
      orderBy: { effectiveAt: 'ASC' },
      fields: ['version'],
      take: setStatus('contractAmendment', 'in_force'),
    },
    {
      what: 'contracts that renew',
      module: 'contract',
      due: { ...ended, ...renews },
      orderBy: { endsAt: 'ASC' },
      fields: ['endsAt', 'renewalMonths'],
      take: async (records, due) => void (await records.create('contractAmendment', due.map(renewal))),
    },
    {
      what: 'contracts that expire',
      module: 'contract',
      due: { ...ended, not: renews },
      orderBy: { endsAt: 'ASC' },
      fields: ['version'],
      take: setStatus('contract', 'expired'),
    },
  ]
}

function renewal(contract: PluginRecord) {
  const endsAt = contract['endsAt'] as Day
  const newEndsAt = addMonths(endsAt, Number(contract['renewalMonths']))
  return { contract: contract.id, title: `${endsAt} → ${newEndsAt}`, kind: 'renewal', status: 'in_force', effectiveAt: addDays(endsAt, 1), newEndsAt }
}

/** Takes a step with everything that is due for it. What cannot take it is left for the next time, and keeps nothing else back. */
async function takeAll({ what, module, due, orderBy, fields, take }: Step, context: Context): Promise<void> {
  const left: string[] = []
  while (!context.signal.aborted) {
    const filter = left.length > 0 ? { and: [due, { id: { notIn: left } }] } : due
    const page = await context.records.find(module, { filter, orderBy: [orderBy], fields, first: PAGE })
    if (page.length === 0) return
    try {
      await context.records.change((records) => take(records, page))
    } catch (error) {
      context.log.warn(`${what}: taken one by one`, { count: page.length, error: messageOf(error) })
      for (const record of page) {
        if (context.signal.aborted) return
        try {
          await context.records.change((records) => take(records, [record]))
        } catch (failure) {
          left.push(record.id)
          context.log.error(`${what}: one is left for the next time`, { id: record.id, error: messageOf(failure) })
        }
      }
    }
    if (left.length >= MOST_LEFT) throw new Error(`${what}: ${left.length} could not be changed`)
  }
}

/** So many that fail are no matter of single records. */
const MOST_LEFT = 300

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
