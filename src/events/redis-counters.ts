import { Cluster } from 'ioredis'
import { connectSender, untilReady } from './redis-connection.ts'
import type { SharedCounters } from './shared-counters.ts'

/** Counters in a Redis or a Redis Cluster. `identity`: of the database; counters of others are apart. */
export function createRedisCounters(redisUrl: string, identity: string): SharedCounters {
  const connection = connectSender(redisUrl, 'guanxi-counters', { pipelined: true })
  // Whoever adds learns of a failure by its own command.
  connection.on('error', () => {})
  let closed = false

  async function add(name: string, amount: number, lifetime: number): Promise<number> {
    const key = `guanxi:count:${identity}:${name}`
    // In one turn, so that both travel together. A counter whose expiry is lost gets it by the next addition.
    const [total] = await Promise.all([connection.incrby(key, amount), connection.pexpire(key, lifetime)])
    return total
  }

  return {
    add: async (amounts, lifetime) => {
      try {
        if (connection instanceof Cluster) await untilReady(connection)
        return new Map(await Promise.all([...amounts].map(async ([name, amount]): Promise<[string, number]> => [name, await add(name, amount, lifetime)])))
      } catch (error) {
        // A connection that does not answer is given up for a new one.
        if (connection.status === 'ready' && !closed) connection.disconnect(true)
        throw error
      }
    },
    close: () => {
      closed = true
      connection.disconnect()
    },
  }
}
