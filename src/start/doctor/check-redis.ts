import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { parseRedisUrl, type RedisAddress } from '../../lib/redis-address.ts'
import { type Finding, ok, warn } from './finding.ts'

/** Milliseconds that each step may take. */
const PATIENCE = 3_000
const PINGS = 5

/** The Redis or Redis Cluster of REDIS_URL answers, and how fast. It is no more than a warning where it does not: nodes then look for changes themselves. */
export async function checkRedis(url: string): Promise<Finding> {
  const address = parseRedisUrl(url) as RedisAddress
  const client = connect(url, address)
  let failure: unknown
  client.on('error', (error) => {
    failure ??= error
  })
  try {
    await client.connect()
    const times: number[] = []
    for (let index = 0; index < PINGS; index += 1) {
      const sent = performance.now()
      await client.ping()
      times.push(performance.now() - sent)
    }
    const latency = times.sort((a, b) => a - b)[Math.floor(PINGS / 2)] as number
    const about = `${placeOfRedis(address)} answers in ${latency.toFixed(1)} ms`
    return latency > 100 ? warn('redis', `${about}, which is slow; use one that is nearer.`) : ok('redis', about)
  } catch (error) {
    return warn(
      'redis',
      `${placeOfRedis(address)} cannot be used: ${reasonOf(failure ?? error)}. Start it, or correct REDIS_URL; until then nodes hear of changes late.`,
    )
  } finally {
    client.disconnect()
  }
}

function connect(url: string, { cluster, nodes, username, password, tls }: RedisAddress): Redis | Cluster {
  const options: RedisOptions = {
    connectTimeout: PATIENCE,
    commandTimeout: PATIENCE,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectionName: 'guanxi-doctor',
  }
  if (!cluster) return new Redis(url, { ...options, lazyConnect: true })
  const account = { ...(username !== undefined && { username }), ...(password !== undefined && { password }), ...(tls && { tls: {} }) }
  return new Cluster([...nodes], {
    lazyConnect: true,
    slotsRefreshTimeout: PATIENCE,
    clusterRetryStrategy: () => null,
    redisOptions: { ...options, ...account },
    ...(tls && { dnsLookup: (host, callback) => callback(null, host) }),
  })
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host is unknown'
  if (code === 'ETIMEDOUT' || message === 'Command timed out') return 'it does not answer'
  return message.replaceAll('\n', ' ').replace(/\.$/, '')
}

/** Hosts and ports, without user and password. */
function placeOfRedis({ cluster, nodes }: RedisAddress): string {
  return `${cluster ? 'the cluster of ' : ''}${nodes.map(({ host, port }) => `${host}:${port}`).join(', ')}`
}
