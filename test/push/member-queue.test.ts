import { expect, test } from '@jest/globals'
import { MemberQueue } from '../../src/schema/push/member-queue.ts'

const LIMITS = { values: 4, size: 100 }

test.each([
  ['so many values', [1, 1, 1, 1], 1],
  ['so much of them, up to the one that goes beyond it', [60, 60], 1],
] as const)('a queue takes %s, tells of the next that it is lost, and ends with a last one behind what waits', async (_, sizes, next) => {
  const queue = new MemberQueue<string>(LIMITS, () => {})
  for (const [index, size] of sizes.entries()) expect(queue.push(`value ${index}`, size)).toBe(true)
  expect(queue.push('lost', next)).toBe(false)
  queue.end('last')
  const read: string[] = []
  for await (const value of queue) read.push(value)
  expect(read).toEqual([...sizes.map((_size, index) => `value ${index}`), 'last'])
})

test('what was read makes room, in number and in size', async () => {
  const queue = new MemberQueue<string>(LIMITS, () => {})
  for (const size of [101, 40, 40, 40]) {
    expect(queue.push('value', size)).toBe(true)
    expect(queue.push('another', size)).toBe(size !== 101)
    while (!(await isDrained(queue, 0))) await queue.next()
  }
})

test('whoever reads before there is a value gets it whatever its size, and nothing of it waits', async () => {
  const queue = new MemberQueue<string>(LIMITS, () => {})
  const value = queue.next()
  expect(queue.push('large', 1_000_000)).toBe(true)
  expect(await value).toEqual({ value: 'large', done: false })
  expect(await isDrained(queue, 0)).toBe(true)
})

test('half of what may wait is counted in number and in size', async () => {
  const queue = new MemberQueue<string>(LIMITS, () => {})
  queue.push('value', 51)
  expect(await isDrained(queue, 1 / 2)).toBe(false)
  await queue.next()
  for (const size of [1, 1]) queue.push('value', size)
  expect(await isDrained(queue, 1 / 2)).toBe(true)
  queue.push('value', 1)
  expect(await isDrained(queue, 1 / 2)).toBe(false)
})

/** `drained` resolves without another value being read. */
async function isDrained(queue: MemberQueue<string>, part: number): Promise<boolean> {
  return Promise.race([queue.drained(part).then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))])
}
