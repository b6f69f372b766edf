import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRecordIdFactory, isUuid, moduleNumberOf } from '../../src/lib/record-id.ts'

const moduleNumber = fc.integer({ min: 0, max: 0xffff })
const time = fc.integer({ min: 0, max: 2 ** 47 })

describe('record ids', () => {
  test('carry version 7, the RFC variant, the time and the module number', () => {
    fc.assert(
      fc.property(time, moduleNumber, (now, module) => {
        const id = createRecordIdFactory(() => now)(module)
        expect(isUuid(id)).toBe(true)
        expect(id[14]).toBe('7')
        expect('89ab').toContain(id[19])
        expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(now)
        expect(moduleNumberOf(id)).toBe(module)
        expect(moduleNumberOf(id.toUpperCase())).toBe(module)
      }),
    )
  })

  test('rise strictly, also when the clock stands still or goes back', () => {
    fc.assert(
      fc.property(fc.array(time, { minLength: 2, maxLength: 200 }), (times) => {
        let index = 0
        const next = createRecordIdFactory(() => times[index++] ?? 0)
        const ids = times.map(() => next(7).slice(0, 18))
        for (let i = 1; i < ids.length; i += 1) expect((ids[i] as string) > (ids[i - 1] as string)).toBe(true)
      }),
    )
  })

  test('stay in order and unique over the 4,096 ids that one millisecond holds', () => {
    const next = createRecordIdFactory(() => 1_700_000_000_000)
    const ids = Array.from({ length: 20_000 }, () => next(3))
    expect(new Set(ids).size).toBe(ids.length)
    expect([...ids].sort()).toEqual(ids)
  })

  test.each([
    '',
    'x',
    '00000000-0000-7000-8000-00000000000',
    '00000000-0000-7000-8000-0000000000010',
    '{00000000-0000-7000-8000-000000000001}',
    '0000000000007000800000000000000001',
  ])('reads no module out of %j', (text) => {
    expect(moduleNumberOf(text)).toBeNull()
    expect(isUuid(text)).toBe(false)
  })
})
