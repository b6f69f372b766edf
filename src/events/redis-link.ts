import { Redis, type RedisOptions } from 'ioredis'
import { backOff } from '../lib/back-off.ts'
import type { SignalLink, SignalLinkEvents } from './signal-link.ts'

/** Milliseconds between two looks whether the connections still live, and what an answer may take. */
const HEARTBEAT = 5_000
const PATIENCE = 2_000

/** Nothing is kept for later: a signal that comes late is worth nothing, and memory of a Redis that is down would grow. */
const CONNECTION: RedisOptions = Object.freeze({
  connectTimeout: PATIENCE,
  commandTimeout: PATIENCE,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResubscribe: false,
  keepAlive: 30_000,
  disconnectTimeout: 500,
  retryStrategy: (attempt: number) => backOff(attempt),
})

export interface RedisLinkOptions extends SignalLinkEvents {
  readonly redisUrl: string
  /** Whom it is for: only links of the same identity hear each other. */
  readonly identity: string
}

/** PUBLISH and SUBSCRIBE on one channel of a Redis. */
export function createRedisLink({ redisUrl, identity, onText, onListening, onLost }: RedisLinkOptions): SignalLink {
  const channel = `guanxi:signals:${identity}`
  const sender = new Redis(redisUrl, { ...CONNECTION, connectionName: 'guanxi-signals-send' })
  const listener = new Redis(redisUrl, { ...CONNECTION, connectionName: 'guanxi-signals' })
  let lost = false
  let failure: unknown
  let closed = false

  const loses = (error: unknown): void => {
    if (lost || closed) return
    lost = true
    onLost(error)
  }
  // The first error of a failed try says why; the event of the closed connection comes behind it.
  listener.on('error', (error) => {
    failure = error
  })
  listener.on('close', () => loses(failure ?? new Error('Redis closed the connection')))
  listener.on('ready', () => {
    failure = undefined
    listener.subscribe(channel).then(
      () => {
        if (closed) return
        lost = false
        onListening()
      },
      (error: unknown) => {
        loses(error)
        renew(listener)
      },
    )
  })
  listener.on('message', (_, text) => onText(text))
  // Who sends learns of a failure by its own command.
  sender.on('error', () => {})
  const heartbeat = setInterval(() => {
    for (const connection of [listener, sender]) if (connection.status === 'ready') connection.ping().catch(() => renew(connection))
  }, HEARTBEAT).unref()

  /** A connection that does not answer is given up for a new one. */
  function renew(connection: Redis): void {
    if (!closed) connection.disconnect(true)
  }

  return {
    send: async (text) => {
      try {
        await sender.publish(channel, text)
      } catch (error) {
        if (sender.status === 'ready') renew(sender)
        throw error
      }
    },
    close: async () => {
      closed = true
      clearInterval(heartbeat)
      listener.disconnect()
      sender.disconnect()
    },
  }
}
