import { Cluster, Redis } from 'ioredis'
import { backOff } from '../lib/back-off.ts'
import { parseRedisUrl, type RedisAddress } from '../lib/redis-address.ts'
import { accountOf, CONNECTION, connectSender, type RedisSender, untilReady } from './redis-connection.ts'
import type { SignalLink, SignalLinkEvents } from './signal-link.ts'

/** Milliseconds between two looks whether the connections still live. */
const HEARTBEAT = 5_000

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
  function renew(connection: RedisSender): void {
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

function connect(redisUrl: string): { readonly sender: RedisSender; readonly listener: Redis } {
  const [sends, listens] = ['guanxi-signals-send', 'guanxi-signals']
  const address = parseRedisUrl(redisUrl)
  const sender = connectSender(redisUrl, sends)
  if (!(sender instanceof Cluster) || !address) return { sender, listener: new Redis(redisUrl, { ...CONNECTION, connectionName: listens }) }
  return { sender, listener: listenToCluster(address, sender, listens) }
}

/**
 * What is published on any node of a cluster comes to listeners on all of them. So the listener holds a connection to one node, and takes another one when that is lost: the
 * subscriber that belongs to a `Cluster` changes nodes without a word, and what was missed meanwhile would never be looked for.
 */
function listenToCluster(address: RedisAddress, sender: Cluster, connectionName: string): Redis {
  const { nodes } = address
  const turn = (attempt: number) => {
    const known = sender.nodes('all').flatMap(({ options: { host, port } }) => (host === undefined || port === undefined ? [] : [{ host, port }]))
    const all = known.length > 0 ? known : nodes
    return all[attempt % all.length] ?? {}
  }
  const listener: Redis = new Redis({
    ...CONNECTION,
    ...accountOf(address),
    connectionName,
    ...nodes[0],
    retryStrategy: (attempt: number) => {
      Object.assign(listener.options, turn(attempt))
      return backOff(attempt)
    },
  })
  return listener
}
