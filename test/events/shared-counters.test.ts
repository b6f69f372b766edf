import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { createRedisCounters } from '../../src/events/redis-counters.ts'
import { eventually } from '../support/guanxi-process.ts'
import { SIGNAL_WAYS } from '../support/signal-ways.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const LIFETIME = 60_000

test('counters without a Redis reject soon, and hold nothing open', async () => {
  const counters = createRedisCounters('redis://127.0.0.1:1/0', randomUUID())
  await expect(counters.add(new Map([['a', 1]]), LIFETIME)).rejects.toThrow()
  counters.close()
})

const overRedis = SIGNAL_WAYS.filter(({ redisUrl }) => redisUrl !== undefined)
for (const { name, redisUrl = '' } of overRedis)
  describe(`counters in ${name}`, () => {
    test('are added to by all nodes of one database, and known to those of another one as nothing', async () => {
      const identity = randomUUID()
      const [one, other, stranger] = [identity, identity, randomUUID()].map((each) => createRedisCounters(redisUrl, each))
      try {
        await eventually(async () => (await one?.add(new Map([['a', 0]]), LIFETIME)) !== undefined)
        await eventually(async () => (await other?.add(new Map([['a', 0]]), LIFETIME)) !== undefined)
        await eventually(async () => (await stranger?.add(new Map([['a', 0]]), LIFETIME)) !== undefined)
        const amounts = new Map([
          ['a', 2],
          ['b', 3],
        ])
        expect(await one?.add(amounts, LIFETIME)).toEqual(amounts)
        expect(await other?.add(new Map([['a', 5]]), LIFETIME)).toEqual(new Map([['a', 7]]))
        expect(await stranger?.add(new Map([['a', 1]]), LIFETIME)).toEqual(new Map([['a', 1]]))
        expect(await one?.add(new Map([['c', 1]]), 50)).toEqual(new Map([['c', 1]]))
        await eventually(async () => (await other?.add(new Map([['c', 1]]), 1))?.get('c') === 1)
      } finally {
        for (const counters of [one, other, stranger]) counters?.close()
      }
    })

    if (name === 'Redis')
      test('reject while Redis does not answer, and are there again when it does', async () => {
        const { hostname, port, pathname } = new URL(redisUrl)
        const proxy = await startTcpProxy({ host: hostname, port: Number(port || '6379') })
        const counters = createRedisCounters(`redis://127.0.0.1:${proxy.port}${pathname}`, randomUUID())
        try {
          await eventually(async () => (await counters.add(new Map([['a', 1]]), LIFETIME)).get('a') === 1)
          proxy.lose()
          await expect(counters.add(new Map([['a', 1]]), LIFETIME)).rejects.toThrow()
          proxy.mend()
          await eventually(async () => (await counters.add(new Map([['a', 1]]), LIFETIME)) !== undefined, 20_000)
        } finally {
          counters.close()
          await proxy.close()
        }
      }, 30_000)
  })
