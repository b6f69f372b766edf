import { describe, expect, test } from '@jest/globals'
import { ERROR_CODES, type ErrorCode, GuanxiError, given, notFound, validationFailed } from '../../src/errors/index.ts'

describe('the error catalogue', () => {
  for (const [code, info] of Object.entries(ERROR_CODES)) {
    test(`${code} has an HTTP status, a retry rule and a sentence that ends`, () => {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
      expect([200, 400, 401, 403, 409, 422, 429, 500, 503]).toContain(info.status)
      expect(info.meaning).toMatch(/^[A-Z].*\.$/)
      expect(new GuanxiError(code as ErrorCode, given('text')).extensions).toEqual({ code, retryable: info.retryable })
    })
  }

  test('VALIDATION_FAILED repeats its first issue and counts the others', () => {
    const issue = { path: ['input', 776, 'email'], code: 'EMAIL', message: given('The e-mail address has no domain.') }
    expect(validationFailed([issue]).message).toBe('The e-mail address has no domain.')
    expect(validationFailed([issue, issue, issue]).message).toBe('The e-mail address has no domain. (and 2 more)')
    expect(validationFailed([issue]).extensions).toEqual({ code: 'VALIDATION_FAILED', retryable: false, issues: [issue] })
  })

  test('details are a frozen copy', () => {
    const details = { module: 'account' }
    const error = new GuanxiError('NOT_FOUND', given('text'), details)
    details.module = 'contact'
    expect(error.details).toEqual({ module: 'account' })
    expect(Object.isFrozen(error.details)).toBe(true)
  })

  test('missing and unreadable records are answered alike', () => {
    expect(notFound('account').extensions).toEqual({ code: 'NOT_FOUND', retryable: false, module: 'account' })
    expect(notFound('account').message).toContain('or you cannot read it')
  })
})
