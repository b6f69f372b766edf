import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { backOff } from '../lib/back-off.ts'
import { parseRedisUrl, type RedisAddress } from '../lib/redis-address.ts'
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

/** PUBLISH and SUBSCRIBE on one channel of a Redis or a Redis Cluster. */
export function createRedisLink({ redisUrl, identity, onText, onListening, onLost }: RedisLinkOptions): SignalLink {
  const channel = `guanxi:signals:${identity}`
  const { sender, listener } = connect(redisUrl)
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
  function renew(connection: Redis | Cluster): void {
    if (!closed) connection.disconnect(true)
  }

  return {
    send: async (text) => {
      try {
        if (sender instanceof Cluster) await untilReady(sender)
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

/** A cluster is ready later than the connection that listens: it asks for its nodes first. Rejects where that takes too long. */
function untilReady(cluster: Cluster): Promise<void> {
  if (cluster.status === 'ready') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const end = (error?: Error): void => {
      clearTimeout(timer)
      cluster.off('ready', end)
      if (error) reject(error)
      else resolve()
    }
    const timer = setTimeout(() => end(new Error('the Redis Cluster is not ready')), PATIENCE).unref()
    cluster.on('ready', end)
  })
}

function connect(redisUrl: string): { readonly sender: Redis | Cluster; readonly listener: Redis } {
  const [sends, listens] = [{ connectionName: 'guanxi-signals-send' }, { connectionName: 'guanxi-signals' }]
  const address = parseRedisUrl(redisUrl)
  if (address?.cluster) return connectCluster(address, sends, listens)
  return { sender: new Redis(redisUrl, { ...CONNECTION, ...sends }), listener: new Redis(redisUrl, { ...CONNECTION, ...listens }) }
}

/**
 * What is published on any node of a cluster comes to listeners on all of them. So the listener holds a connection to one node, and takes another one when that is lost: the
 * subscriber that belongs to a `Cluster` changes nodes without a word, and what was missed meanwhile would never be looked for.
 */
function connectCluster({ nodes, username, password, tls }: RedisAddress, sends: RedisOptions, listens: RedisOptions) {
  const account: RedisOptions = { ...(username !== undefined && { username }), ...(password !== undefined && { password }), ...(tls && { tls: {} }) }
  const options: ClusterOptions = {
    enableOfflineQueue: false,
    slotsRefreshTimeout: PATIENCE,
    clusterRetryStrategy: (attempt) => backOff(attempt),
    redisOptions: { ...CONNECTION, ...account, ...sends },
    // A certificate names the node, not its address.
    ...(tls && { dnsLookup: (host, callback) => callback(null, host) }),
  }
  const sender = new Cluster([...nodes], options)
  const turn = (attempt: number) => {
    const known = sender.nodes('all').flatMap(({ options: { host, port } }) => (host === undefined || port === undefined ? [] : [{ host, port }]))
    const all = known.length > 0 ? known : nodes
    return all[attempt % all.length] ?? {}
  }
  const listener: Redis = new Redis({
    ...CONNECTION,
    ...account,
    ...listens,
    ...nodes[0],
    retryStrategy: (attempt: number) => {
      Object.assign(listener.options, turn(attempt))
      return backOff(attempt)
    },
  })
  return { sender, listener }
}
