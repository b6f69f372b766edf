import { beforeAll, describe, expect, test } from '@jest/globals'
import { transform } from '@swc/core'
import { blocksOf } from '../../scripts/pages/page.mjs'
import { ERROR_CODES } from '../../src/errors/codes.ts'
import { readPage } from '../support/pages.ts'

const PAGE = readPage('docs/handling-errors.md')

test('the page on handling errors says of every code, and of no other one, what a client does', () => {
  const rows = PAGE.matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)
  const advice = new Map([...rows].map(([, code, text]) => [code as string, text as string]))
  expect([...advice.keys()]).toEqual(Object.keys(ERROR_CODES))
  for (const [code, text] of advice) expect([code, text.length > 30]).toEqual([code, true])
})

describe('its code that sends until there is an answer', () => {
  type Send = () => Promise<unknown>
  let untilAnswered: (send: Send) => Promise<unknown>

  beforeAll(async () => {
    const source = blocksOf(PAGE).find(({ language }) => language === 'ts')?.text as string
    // As it stands there, but for the waiting.
    const quick = source.replace('first: 1_000, most: 30_000', 'first: 1, most: 4')
    expect(quick).not.toBe(source)
    const { code } = await transform(`${quick}\nexport { untilAnswered }`, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
    })
    ;({ untilAnswered } = await import(`data:text/javascript,${encodeURIComponent(code)}`))
  })

  const error = (extensions: object) => ({ data: null, errors: [{ message: 'No.', extensions }] })
  const DONE = { data: { done: true } }
  const REFUSED = error({ code: 'VALIDATION_FAILED', retryable: false })
  const AGAIN: readonly (readonly [string, unknown])[] = [
    ['where no answer came', undefined],
    ['while the service is unavailable', error({ code: 'UNAVAILABLE', retryable: true })],
    ['where nobody knows whether it was committed', error({ code: 'UNAVAILABLE', retryable: false, outcome: 'UNKNOWN' })],
    ['after the time that it is told', error({ code: 'RATE_LIMITED', retryable: true, retryAfter: 0.001 })],
  ]

  /** Sends that answer these one after the other, the last one for ever; undefined stands for no answer. */
  const answering = (...answers: readonly unknown[]) => {
    const calls: unknown[] = []
    const send: Send = async () => {
      const answer = answers[Math.min(calls.push(null), answers.length) - 1]
      if (answer === undefined) throw new Error('the connection was lost')
      return answer
    }
    return { send, calls }
  }

  test.each(AGAIN)('sends again %s', async (_, first) => {
    const { send, calls } = answering(first, first, DONE)
    expect(await untilAnswered(send)).toBe(DONE)
    expect(calls).toHaveLength(3)
  })

  test('takes a refusal for an answer', async () => {
    const { send, calls } = answering(REFUSED)
    expect(await untilAnswered(send)).toBe(REFUSED)
    expect(calls).toHaveLength(1)
  })

  test('gives up after six attempts', async () => {
    const lost = answering(undefined)
    await expect(untilAnswered(lost.send)).rejects.toThrow('no answer')
    const down = answering(AGAIN[1]?.[1])
    expect(await untilAnswered(down.send)).toBe(AGAIN[1]?.[1])
    expect([lost.calls.length, down.calls.length]).toEqual([6, 6])
  })
})
