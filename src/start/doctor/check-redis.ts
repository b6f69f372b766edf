import { Redis } from 'ioredis'
import { type Finding, ok, warn } from './finding.ts'

/** Milliseconds that each step may take. */
const PATIENCE = 3_000
const PINGS = 5

/** The Redis of REDIS_URL answers, and how fast. It is no more than a warning where it does not: nodes then look for changes themselves. */
export async function checkRedis(url: string): Promise<Finding> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE,
    commandTimeout: PATIENCE,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectionName: 'guanxi-doctor',
  })
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
    const about = `${placeOfRedis(url)} answers in ${latency.toFixed(1)} ms`
    return latency > 100 ? warn('redis', `${about}, which is slow; use one that is nearer.`) : ok('redis', about)
  } catch (error) {
    return warn(
      'redis',
      `${placeOfRedis(url)} cannot be used: ${reasonOf(failure ?? error)}. Start it, or correct REDIS_URL; until then nodes hear of changes late.`,
    )
  } finally {
    client.disconnect()
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host is unknown'
  if (code === 'ETIMEDOUT' || message === 'Command timed out') return 'it does not answer'
  return message.replaceAll('\n', ' ').replace(/\.$/, '')
}

/** Host and port, without user and password. */
function placeOfRedis(url: string): string {
  const { hostname, port } = new URL(url)
  return `${hostname || 'localhost'}:${port || '6379'}`
}
