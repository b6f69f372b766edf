import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LOCALES } from '../../src/errors/index.ts'
import { localeOf } from '../../src/http/language.ts'

describe('the language of a request', () => {
  test.each([
    ['zh-CN', 'zh-CN'],
    ['ZH-cn', 'zh-CN'],
    ['zh', 'zh-CN'],
    ['zh-Hans', 'zh-CN'],
    ['zh-Hans-CN', 'zh-CN'],
    ['zh-SG', 'zh-CN'],
    ['zh-TW', 'zh-CN'],
    ['zh-Hant-HK', 'zh-CN'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
    ['zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7', 'zh-CN'],
    ['de-DE,de;q=0.9,zh;q=0.1', 'zh-CN'],
    ['en;q=0.5, zh-CN;q=0.9', 'zh-CN'],
    ['en;q=0, zh', 'zh-CN'],
    ['en', 'en'],
    ['en-GB,en;q=0.9', 'en'],
    ['en-US,en;q=0.9,zh-CN;q=0.8', 'en'],
    ['zh;q=0.2,en;q=0.3', 'en'],
    ['zh-CN;q=0,zh;q=0', 'en'],
    ['de', 'en'],
    ['*', 'en'],
    ['de, *;q=0.5', 'en'],
    ['', 'en'],
    [',', 'en'],
    [';;q=', 'en'],
    ['zh-CN;q=abc', 'en'],
    ['中文', 'en'],
    [undefined, 'en'],
    [null, 'en'],
    [42, 'en'],
    [['zh-CN'], 'en'],
  ])('%j is answered in %s', (header, locale) => {
    // Twice: it is remembered.
    expect([localeOf(header), localeOf(header)]).toEqual([locale, locale])
  })

  test('of a header longer than any is by what stands at its beginning', () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `x${index}`).join(',')
    expect([localeOf(`zh-CN,${many}`), localeOf(`${many},zh-CN`), localeOf('zh'.repeat(5_000)), localeOf(`${','.repeat(10_000)}zh`)]).toEqual([
      'zh-CN',
      'en',
      'en',
      'en',
    ])
  })

  test('is English where nothing of such a header can be taken whole, and the rest is not read', () => {
    const long = 'a'.repeat(301)
    const began = performance.now()
    expect([localeOf(`${long},zh-CN`), localeOf(`${long},${'zh;q=0.5,'.repeat(100_000)}`), localeOf(`zh;q="${'a'.repeat(400)}",zh`)]).toEqual([
      'en',
      'en',
      'en',
    ])
    expect(performance.now() - began).toBeLessThan(50)
  })

  test('is one that there is, whatever is sent', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('zh', 'en', '*', ';q=', ',', '-', 'zh-CN;q=1e999', '__proto__', 'constructor', 'toString'))
    fc.assert(fc.property(fc.array(piece), (pieces) => LOCALES.includes(localeOf(pieces.join('')))))
  })
})
