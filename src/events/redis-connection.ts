import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { backOff } from '../lib/back-off.ts'
import { parseRedisUrl, type RedisAddress } from '../lib/redis-address.ts'

/** A connection that commands are sent by. */
export type RedisSender = Redis | Cluster

/** Milliseconds that an answer may take. */
const PATIENCE = 2_000

/** Nothing is kept for later: what comes late is worth nothing, and memory of a Redis that is down would grow. */
export const CONNECTION: RedisOptions = Object.freeze({
  connectTimeout: PATIENCE,
  commandTimeout: PATIENCE,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResubscribe: false,
  keepAlive: 30_000,
  disconnectTimeout: 500,
  retryStrategy: (attempt: number) => backOff(attempt),
})

/** Connects to the Redis, or the Redis Cluster, of the URL; `name` is what the server's list of clients shows. `pipelined`: commands of one turn travel together. */
export function connectSender(redisUrl: string, name: string, { pipelined = false } = {}): RedisSender {
  const address = parseRedisUrl(redisUrl)
  if (!address?.cluster) return new Redis(redisUrl, { ...CONNECTION, connectionName: name, enableAutoPipelining: pipelined })
  const options: ClusterOptions = {
    enableOfflineQueue: false,
    enableAutoPipelining: pipelined,
    slotsRefreshTimeout: PATIENCE,
    clusterRetryStrategy: (attempt) => backOff(attempt),
    redisOptions: { ...CONNECTION, ...accountOf(address), connectionName: name },
    // A certificate names the node, not its address.
    ...(address.tls && { dnsLookup: (host, callback) => callback(null, host) }),
  }
  return new Cluster([...address.nodes], options)
}

/** What a connection to a node of a cluster needs besides its address. */
export function accountOf({ username, password, tls }: RedisAddress): RedisOptions {
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }), ...(tls && { tls: {} }) }
}

/** A cluster is ready later than the connection that listens: it asks for its nodes first. Rejects where that takes too long. */
export function untilReady(cluster: Cluster): Promise<void> {
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
