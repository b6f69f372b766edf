import { oneLine } from './one-line.ts'
import { spelledTime } from './spelled-time.ts'

/** A reminder as its recipient may read it; null stands for what he may not, and for what is empty. */
export interface ReminderContent {
  readonly subject: string | null
  /** RFC 3339, UTC. */
  readonly dueAt: string | null
  readonly note: string | null
}

export interface Reader {
  /** BCP 47 language tag; null: English. */
  readonly locale: string | null
  /** IANA time zone; null: UTC. */
  readonly timeZone: string | null
}

const WORDS = {
  en: { reminder: 'Reminder', subject: (text: string) => `Reminder: ${text}`, due: 'Due' },
  zh: { reminder: '提醒', subject: (text: string) => `提醒：${text}`, due: '提醒时间' },
} as const

/** What an e-mail about a reminder says: nothing but the reminder's own fields, in the recipient's language and time. */
export function reminderMessage({ subject, dueAt, note }: ReminderContent, { locale, timeZone }: Reader): { readonly subject: string; readonly text: string } {
  const words = locale?.toLowerCase().startsWith('zh') ? WORDS.zh : WORDS.en
  const title = subject === null ? '' : oneLine(subject, 200)
  const due = dueAt === null ? null : `${words.due}: ${spelledTime(new Date(dueAt), locale ?? 'en', timeZone ?? 'UTC')}`
  const parts = [title, due, note?.trim()].filter((part) => part !== null && part !== undefined && part !== '')
  return { subject: title === '' ? words.reminder : words.subject(title), text: `${parts.length === 0 ? words.reminder : parts.join('\n\n')}\n` }
}
