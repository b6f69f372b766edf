import { describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../src/config/index.ts'
import { oneLine } from '../../src/jobs/email/one-line.ts'
import { reminderMessage } from '../../src/jobs/email/reminder-message.ts'
import { delayAfter, RETRY_DELAYS } from '../../src/jobs/email/retry-schedule.ts'

describe('a message about a reminder', () => {
  const reminder = { subject: '给王芳回电话', dueAt: '2026-03-01T01:30:00.000Z', note: 'Ask.' }

  test('is in the language and time of its reader', () => {
    const { subject, text } = reminderMessage(reminder, { locale: 'zh-CN', timeZone: 'Asia/Shanghai' })
    expect(subject).toBe('提醒：给王芳回电话')
    expect(text).toContain('2026年3月1日')
    expect(text).toContain('09:30 (Asia/Shanghai)')
    expect(text).toMatch(/\n\nAsk\.\n$/)
  })

  test('passes over languages and zones that nobody knows', () => {
    expect(reminderMessage(reminder, { locale: 'not a locale', timeZone: 'Mars/Olympus' }).text).toContain('Sunday, March 1, 2026 at 01:30 (UTC)')
    expect(reminderMessage(reminder, { locale: null, timeZone: null }).text).toContain('01:30 (UTC)')
  })

  test('leaves out what its reader may not read', () => {
    expect(reminderMessage({ subject: null, dueAt: null, note: null }, { locale: null, timeZone: null })).toEqual({ subject: 'Reminder', text: 'Reminder\n' })
    expect(reminderMessage({ subject: ' \r\n ', dueAt: null, note: ' ' }, { locale: 'zh', timeZone: null })).toEqual({ subject: '提醒', text: '提醒\n' })
  })
})

test.each([
  ['plain 关系', 'plain 关系'],
  ['a\r\nBcc: b@c', 'a Bcc: b@c'],
  ['\u0000a\u0085b\u2028c\u2029\t d ', 'a b c d'],
  ['👍'.repeat(12), `${'👍'.repeat(9)}…`],
])('%j on one line', (text, line) => {
  expect(oneLine(text, text.startsWith('👍') ? 10 : 40)).toBe(line)
})

test('attempts are farther and farther apart, scattered by a fifth, until there are no more', () => {
  const [earliest, latest] = [() => 0, () => 1].map((random) => RETRY_DELAYS.map((_, index) => delayAfter(index + 1, RETRY_DELAYS, random)))
  expect(earliest).toEqual([8_000, 48_000, 240_000, 1_440_000, 5_760_000, 17_280_000])
  expect(latest).toEqual([12_000, 72_000, 360_000, 2_160_000, 8_640_000, 25_920_000])
  expect(delayAfter(RETRY_DELAYS.length + 1, RETRY_DELAYS)).toBeNull()
})

describe('settings of e-mail', () => {
  const SMTP_URL = 'smtp://user:hunter2@mail.example.com:587'

  test.each([
    ['crm@example.com', { name: '', address: 'crm@example.com' }],
    [' Example CRM <crm@example.com> ', { name: 'Example CRM', address: 'crm@example.com' }],
    ['"关系, CRM" <crm@example.com>', { name: '关系, CRM', address: 'crm@example.com' }],
  ])('MAIL_FROM %s', (text, sender) => {
    expect(loadConfig({ SMTP_URL, MAIL_FROM: text }, '/')).toMatchObject({ smtpUrl: SMTP_URL, mailFrom: sender })
  })

  test.each([
    ['MAIL_FROM must be set where SMTP_URL is', { SMTP_URL }],
    ['MAIL_FROM "nobody" holds no e-mail address', { SMTP_URL, MAIL_FROM: 'nobody' }],
    ['MAIL_FROM "A\\r\\nBcc: b@c.de <a@b.de>" holds no e-mail address', { SMTP_URL, MAIL_FROM: 'A\r\nBcc: b@c.de <a@b.de>' }],
    ['SMTP_URL is not a URL that begins with smtp:// or smtps://', { SMTP_URL: 'http://user:hunter2@mail', MAIL_FROM: 'a@b.de' }],
    ['SMTP_TIMEOUT "0" is not between 100 and 120000', { SMTP_TIMEOUT: '0' }],
    ['JOB_CONCURRENCY "0" is not between 1 and 50', { JOB_CONCURRENCY: '0' }],
  ])('%s', (message, environment) => {
    const load = () => loadConfig(environment, '/')
    expect(load).toThrow(message)
    expect(load).not.toThrow('hunter2')
  })
})
