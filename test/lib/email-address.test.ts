import { describe, expect, test } from '@jest/globals'
import { isEmailAddress } from '../../src/lib/email-address.ts'
import { emailCases } from '../support/test-data.ts'

describe('e-mail addresses', () => {
  test('agree with the isemail suite on what mail can be delivered to', () => {
    const suite = emailCases()
    expect(suite.length).toBe(164)
    const wrong = suite.filter(({ address, deliverable }) => isEmailAddress(address) !== deliverable)
    expect(wrong).toEqual([])
  })

  test('other scripts on both sides of the @', () => {
    for (const address of ['用户@例子.广告', 'δοκιμή@παράδειγμα.δοκιμή', 'jürgen@müller.de', 'a+b@例子.cn']) expect(isEmailAddress(address)).toBe(true)
    for (const address of ['用 户@例子.广告', '用户@例子 .广告', 'a@b\u200b.com', 'a\u00a0@b.com', `${'好'.repeat(22)}@b.com`])
      expect(isEmailAddress(address)).toBe(false)
  })
})
