import type { Locale } from './locale.ts'
import { Message } from './message.ts'
import { ZH_CN } from './zh-cn/index.ts'

/** The text of a message in a language. */
export function inLocale(message: Message, locale: Locale): string {
  return locale === 'en' ? message.toString() : message.written(locale, (template) => ZH_CN.get(template))
}

/** The same value with each message in it, however deep, as text. */
export function spoken(value: unknown, locale: Locale): unknown {
  if (value instanceof Message) return inLocale(value, locale)
  if (Array.isArray(value)) return value.map((item) => spoken(item, locale))
  if (typeof value !== 'object' || value === null) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, spoken(member, locale)]))
}
