import { randomUUID } from 'node:crypto'
import { DefectError } from '../errors/index.ts'
import type { Database } from '../records/database.ts'
import { databaseIdentity } from './database-identity.ts'
import { createPostgresLink } from './postgres-link.ts'
import type { SignalLinkEvents } from './signal-link.ts'

/** Gets the text of a signal, or null where some may have been missed: when listening begins, and after each interruption. */
export type SignalListener = (text: string | null) => void

/**
 * Short words between the nodes of one database. A signal only wakes: it may be lost, and it also comes to the node that sent it, so whoever hears one reads
 * the truth from the database.
 */
export interface Signals {
  /** Tells all nodes. Waits for nothing and never throws for a way that is broken; throws DefectError for a text that is too long. */
  publish(topic: string, text: string): void
  /** Answers an unsubscribe function. */
  subscribe(topic: string, listener: SignalListener): () => void
  /** Lets what is on its way out go (for a few seconds at most) and everything else stop. Call it before the database is closed. */
  close(): Promise<void>
}

export interface SignalsOptions {
  readonly database: Database
  /** For the listening connection, which stands outside of the pool. */
  readonly databaseUrl: string
  /** Takes the way over Redis instead of LISTEN and NOTIFY. */
  readonly redisUrl?: string | undefined
  /** Told of a way that was lost, and of signals that did not get out. */
  readonly onError: (error: unknown, message: string) => void
}

/** NOTIFY takes less than 8000 bytes. */
const LONGEST = 7_900

/** Begins to listen. Whether the way can be used at all shows later: nobody waits for it. */
export async function createSignals({ database, databaseUrl, redisUrl, onError }: SignalsOptions): Promise<Signals> {
  const listeners = new Map<string, Set<SignalListener>>()
  const leaving = new Set<Promise<void>>()
  const self = randomUUID()
  let listening = false

  const tell = (topic: string, text: string): void => {
    for (const listener of listeners.get(topic) ?? []) listener(text)
  }
  const events: SignalLinkEvents = {
    onText: (message) => {
      const signal = decode(message)
      if (signal && signal.from !== self) tell(signal.topic, signal.text)
    },
    onListening: () => {
      listening = true
      for (const topic of listeners.values()) for (const listener of topic) listener(null)
    },
    onLost: (error) => {
      listening = false
      onError(error, 'signals of other nodes are not heard; the connection is made again')
    },
  }
  const link =
    redisUrl === undefined
      ? createPostgresLink({ ...events, database, databaseUrl })
      : // Loaded where there is one.
        (await import('./redis-link.ts')).createRedisLink({ ...events, redisUrl, identity: await databaseIdentity(database) })

  return {
    publish: (topic, text) => {
      const message = JSON.stringify([topic, text, self])
      if (Buffer.byteLength(message) > LONGEST) throw new DefectError(`a signal of ${topic} is longer than ${LONGEST} bytes`)
      const sent: Promise<void> = link
        .send(message)
        .catch((error: unknown) => onError(error, 'a signal did not get out; other nodes look for themselves'))
        .finally(() => leaving.delete(sent))
      leaving.add(sent)
      // This node need not wait for its own word to come back.
      queueMicrotask(() => tell(topic, text))
    },
    subscribe: (topic, listener) => {
      const ofTopic = listeners.get(topic) ?? new Set()
      listeners.set(topic, ofTopic.add(listener))
      if (listening) listener(null)
      return () => ofTopic.delete(listener)
    },
    close: async () => {
      listeners.clear()
      await Promise.all(leaving)
      await link.close()
    },
  }
}

type Message = readonly [topic: string, text: string, from: string]

/** Null for what is none of ours: anybody who can reach the database or the Redis can send anything. */
function decode(message: string): { readonly topic: string; readonly text: string; readonly from: string } | null {
  try {
    const parts: unknown = JSON.parse(message)
    return isMessage(parts) ? { topic: parts[0], text: parts[1], from: parts[2] } : null
  } catch {
    return null
  }
}

function isMessage(parts: unknown): parts is Message {
  return Array.isArray(parts) && parts.length === 3 && parts.every((part) => typeof part === 'string')
}
