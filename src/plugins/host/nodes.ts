import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { Mutex } from 'async-mutex'
import { repeat } from '../../jobs/repeat.ts'
import type { Database } from '../../records/database.ts'

/** What a process has of one plugin. */
export interface NodePlugin {
  /** Versions whose code it has loaded. */
  readonly loaded: readonly string[]
  /** Why it has not more. */
  readonly error: string | null
  /** Asking to which that was the answer; null: nobody had asked. */
  readonly attempt: string | null
}

/** A version that every process is asked to have. */
export interface WantedVersion {
  readonly name: string
  readonly version: string
  readonly attempt: string
}

/** A process that is alive. */
export interface LiveNode {
  readonly id: string
  readonly process: string
  readonly role: string
  readonly schemaVersion: number
  readonly plugins: Readonly<Record<string, NodePlugin>>
}

export interface NodesOptions {
  readonly database: Database
  readonly role: string
  /** What this process has, and serves. */
  readonly state: () => { readonly schemaVersion: number; readonly plugins: Readonly<Record<string, NodePlugin>> }
  /** Loads versions that every process is asked to have. */
  readonly onWanted: (wanted: readonly WantedVersion[]) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Tells the other processes of this one, and knows them. */
export interface Nodes {
  readonly id: string
  /** Tells what has changed here now. */
  beat(): Promise<void>
  wake(): void
  live(): Promise<readonly LiveNode[]>
  /** Those for which `isReady` does not hold when the time is over; none where all are ready sooner. Processes that die meanwhile are not waited for. */
  waitFor(isReady: (node: LiveNode) => boolean, milliseconds: number): Promise<readonly LiveNode[]>
  stop(): Promise<void>
}

/** Milliseconds between two beats, seconds of silence after which a process counts as dead, and milliseconds between two looks while somebody waits. */
const BEAT = 1_500
const SILENCE = 5
const LOOK = 50

export function createNodes({ database, role, state, onWanted, onError }: NodesOptions): Nodes {
  const id = randomUUID()
  const place = `${hostname()} ${process.pid}`
  // One after the other: what is older must not be written over what is newer.
  const telling = new Mutex()
  const tell = (): Promise<void> => telling.runExclusive(write)
  const write = async (): Promise<void> => {
    const { schemaVersion, plugins } = state()
    await database.query({
      text: `INSERT INTO node (id, process, role, seen_at, schema_version, plugins) VALUES ($1, $2, $3, now(), $4, $5)
        ON CONFLICT (id) DO UPDATE SET seen_at = now(), schema_version = excluded.schema_version, plugins = excluded.plugins`,
      values: [id, place, role, schemaVersion, JSON.stringify(plugins)],
      purpose: 'background',
    })
  }
  const beat = async (): Promise<void> => {
    await tell()
    const wanted = await database.query<WantedVersion>({
      text: 'SELECT name, wanted_version AS version, attempt::text AS attempt FROM plugin WHERE wanted_version IS NOT NULL',
      purpose: 'background',
    })
    const { plugins } = state()
    const missing = wanted.filter(({ name, version, attempt }) => !plugins[name]?.loaded.includes(version) && plugins[name]?.attempt !== attempt)
    if (missing.length === 0) return
    await onWanted(missing)
    await tell()
  }
  const beats = repeat({ every: BEAT, run: beat, onError })
  const live = () =>
    database.query<LiveNode>({
      text: `SELECT id::text, process, role, schema_version::int AS "schemaVersion", plugins FROM node WHERE seen_at > now() - make_interval(secs => ${SILENCE}) ORDER BY process, id`,
      purpose: 'background',
    })
  return {
    id,
    beat,
    wake: beats.wake,
    live,
    waitFor: async (isReady, milliseconds) => {
      const end = performance.now() + milliseconds
      for (;;) {
        const late = (await live()).filter((node) => !isReady(node))
        if (late.length === 0 || performance.now() > end) return late
        await delay(LOOK)
      }
    },
    stop: async () => {
      await beats.stop()
      await database
        .query({ text: `DELETE FROM node WHERE id = $1 OR seen_at < now() - interval '1 hour'`, values: [id], purpose: 'background' })
        .catch(onError)
    },
  }
}
