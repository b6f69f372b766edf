import { setMaxListeners } from 'node:events'
import { repeat } from '../../jobs/repeat.ts'
import type { EventHandler } from '../api/index.ts'
import { type Following, followEvents, isBehind } from './follow-events.ts'
import type { PluginInstance } from './instance.ts'
import { putJobs } from './plugin-jobs.ts'
import type { HostServices } from './services.ts'
import { firePluginTimers } from './timers/fire-timers.ts'
import { latestMoment, nextMoment, parseTimetable, type Timetable } from './timetable.ts'

/** How far the work of plugins beside the requests has come in this process, and what moves it on. */
export interface PluginPace {
  /** Something was committed. */
  wake(): void
  /** Handlers of events that have not been told of all changes, as `<plugin> <handler>`. */
  behind(): Promise<readonly string[]>
  /** Puts jobs into the queue whose moment has come, and fires timers that are due, now and not with the next round. */
  runDue(): Promise<void>
  /** The first moment after `after` and up to `until` that is in one of the timetables; null where there is none. */
  nextMoment(after: Date, until: Date): Date | null
}

/** What plugins do beside the requests: each has a round of its own, so that one which takes long keeps no other waiting. */
export interface PluginWork extends PluginPace {
  /** These are at work from now on. */
  serve(instances: readonly PluginInstance[]): void
  stop(): Promise<void>
}

interface TimedJob {
  readonly name: string
  readonly timetable: Timetable
}

interface Round {
  readonly instance: PluginInstance
  readonly timed: readonly TimedJob[]
  wake(): void
  stop(): Promise<void>
}

/** Milliseconds between two looks at changes, between two looks at timetables, and at most between two tries of a handler that fails. */
const EVERY = 1_000
const TIMETABLES_EVERY = 10_000
const LONGEST_PAUSE = 60_000

export function createPluginWork(services: HostServices, node: string): PluginWork {
  const rounds = new Map<string, Round>()
  const stopping = new Set<Promise<void>>()
  const end = (round: Round): void => {
    rounds.delete(round.instance.enabled.name)
    const stopped = round.stop().finally(() => stopping.delete(stopped))
    stopping.add(stopped)
  }
  return {
    serve: (instances) => {
      for (const round of [...rounds.values()]) if (!instances.includes(round.instance)) end(round)
      for (const instance of instances) {
        const { name } = instance.enabled
        if (!rounds.has(name) && hasWork(instance)) rounds.set(name, beginRound(services, instance, node))
      }
    },
    wake: () => {
      for (const round of rounds.values()) round.wake()
    },
    behind: async () => {
      const late: string[] = []
      for (const { instance } of rounds.values())
        for (const { name } of instance.loaded.definition.events ?? [])
          if (await isBehind(services, instance, name)) late.push(`${instance.enabled.name} ${name}`)
      return late
    },
    runDue: async () => {
      for (const { instance, timed } of [...rounds.values()]) {
        await putDue(services, instance, timed)
        if ((instance.loaded.definition.timers ?? []).length > 0) await firePluginTimers(services, instance, () => false)
      }
    },
    nextMoment: (after, until) =>
      [...rounds.values()]
        .flatMap(({ timed }) => timed.flatMap(({ timetable }) => nextMoment(timetable, after, until) ?? []))
        .reduce<Date | null>((first, moment) => (first === null || moment < first ? moment : first), null),
    stop: async () => {
      for (const round of [...rounds.values()]) end(round)
      await Promise.all(stopping)
    },
  }
}

function hasWork({ loaded: { definition } }: PluginInstance): boolean {
  return (definition.events ?? []).length > 0 || (definition.timers ?? []).length > 0 || (definition.jobs ?? []).some(({ cron }) => cron !== undefined)
}

function beginRound(services: HostServices, instance: PluginInstance, node: string): Round {
  const end = new AbortController()
  setMaxListeners(0, end.signal)
  const { events = [], jobs = [] } = instance.loaded.definition
  const onError = (error: unknown): void => services.log.warn({ err: error, plugin: instance.enabled.name }, 'work of a plugin not done; it is tried again')
  const following = events.map((handler) => repeat({ every: EVERY, run: follower({ services, instance, node, until: end.signal }, handler), onError }))
  const timed = jobs.flatMap(({ name, cron }) => {
    const timetable = cron === undefined ? null : parseTimetable(cron)
    return timetable ? [{ name, timetable }] : []
  })
  const timing = timed.length > 0 ? repeat({ every: TIMETABLES_EVERY, run: () => putDue(services, instance, timed), onError }) : undefined
  timing?.wake()
  const firing =
    (instance.loaded.definition.timers ?? []).length > 0
      ? repeat({ every: EVERY, run: (isStopping) => firePluginTimers(services, instance, isStopping), onError })
      : undefined
  return {
    instance,
    timed,
    wake: () => {
      for (const each of following) each.wake()
    },
    stop: async () => {
      end.abort()
      await Promise.all([...following, timing, firing].map((each) => each?.stop()))
    },
  }
}

/** One look at what a handler has not been told of. Each has a round of its own, so that one which takes long, or waits after a failure, keeps no other waiting. */
function follower(following: Following, handler: EventHandler<never>): (isStopping: () => boolean) => Promise<void> {
  const { services, instance, until } = following
  /** How often it has failed without success, and when it may be tried again. */
  let failures = 0
  let pausedUntil = 0
  return async (isStopping) => {
    if (pausedUntil > Date.now()) return
    try {
      while (!isStopping() && (await followEvents(following, handler)));
      failures = 0
    } catch (error) {
      failures += 1
      pausedUntil = Date.now() + Math.min(LONGEST_PAUSE, EVERY * 2 ** failures)
      if (!until.aborted) services.log.warn({ err: error, plugin: instance.enabled.name, handler: handler.name }, 'a plugin did not take events; they wait')
    }
  }
}

/** Puts jobs into the queue whose moment has come: once for each moment, whichever process looks first. */
async function putDue({ database, now }: HostServices, instance: PluginInstance, timed: readonly TimedJob[]): Promise<void> {
  const { name: plugin } = instance.enabled
  for (const { name, timetable } of timed) {
    await database.transaction(async (transaction) => {
      const [row] = await transaction.query<{ last: Date }>({
        text: `INSERT INTO plugin_timetable (plugin, job, last_at) VALUES ($1, $2, $3) ON CONFLICT (plugin, job) DO UPDATE SET job = excluded.job RETURNING last_at AS last`,
        values: [plugin, name, now()],
        purpose: 'background',
      })
      const moment = row && latestMoment(timetable, new Date(row.last), now())
      if (!moment) return
      const at = moment.toISOString()
      await transaction.query({
        text: 'UPDATE plugin_timetable SET last_at = $3 WHERE plugin = $1 AND job = $2',
        values: [plugin, name, at],
        purpose: 'background',
      })
      await putJobs(transaction, instance.loaded, [{ job: name, payload: { at }, key: `at ${at}` }])
    })
  }
}
