import type { LocalizedText, SelectOption } from './metadata.ts'

/** A label in both shipped locales. */
export function text(en: string, zh: string): LocalizedText {
  return Object.freeze({ en, 'zh-CN': zh })
}

export const COLORS = Object.freeze({
  grey: '#6b7280',
  blue: '#2563eb',
  teal: '#0d9488',
  green: '#16a34a',
  amber: '#d97706',
  orange: '#ea580c',
  red: '#dc2626',
  violet: '#7c3aed',
})

/** `[value, English, Chinese, colour]`; values are lower_snake. */
export type OptionRow = readonly [value: string, en: string, zh: string, color?: keyof typeof COLORS]

/** Options of a SELECT or MULTI_SELECT, in display order. */
export function options(...rows: readonly OptionRow[]): readonly SelectOption[] {
  return Object.freeze(rows.map(([value, en, zh, color]) => Object.freeze({ value, label: text(en, zh), ...(color && { color: COLORS[color] }) })))
}
