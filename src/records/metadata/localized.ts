import type { LocalizedText } from '../../entities/metadata.ts'
import { type Issue, listed, say } from '../../errors/index.ts'
import { codePoints, unstorable } from '../../lib/text-checks.ts'
import type { LabelInput } from './field-input.ts'

/** Locales that texts are kept in. */
export const LOCALES = ['en', 'zh-CN'] as const

type Path = readonly (string | number)[]

/** `annualRevenue` → `Annual revenue`. */
export function humanised(name: string): string {
  const words = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A text in the locales that were given; undefined where none was. `plain` stands for English. Adds issues for what cannot be kept. */
export function localizedText(
  plain: string | null | undefined,
  labels: readonly LabelInput[] | null | undefined,
  limit: number,
  path: Path,
  member: string,
  issues: Issue[],
): LocalizedText | undefined {
  const texts: Partial<Record<(typeof LOCALES)[number], string>> = {}
  if (plain != null) texts.en = plain
  for (const [index, { locale, text }] of (labels ?? []).entries()) {
    const known = LOCALES.find((each) => each.toLowerCase() === locale.toLowerCase())
    if (known) texts[known] = text
    else
      issues.push({
        path: [...path, `${member}s`, index, 'locale'],
        code: 'LOCALE',
        message: say`${JSON.stringify(locale.slice(0, 20))} is no locale; texts are kept in ${listed(LOCALES, ' and ')}.`,
      })
  }
  for (const text of Object.values(texts)) {
    const length = codePoints(text)
    if (unstorable(text) !== null) issues.push({ path: [...path, member], code: 'TEXT', message: say`${member} contains a character that cannot be stored.` })
    else if (text.trim() === '') issues.push({ path: [...path, member], code: 'REQUIRED', message: say`${member} must not be blank.` })
    else if (length > limit)
      issues.push({ path: [...path, member], code: 'TOO_LONG', message: say`${member} has ${length} characters; at most ${limit} are allowed.` })
  }
  const en = texts.en ?? texts['zh-CN']
  if (en === undefined) return undefined
  return { en, ...(texts['zh-CN'] !== undefined && { 'zh-CN': texts['zh-CN'] }) }
}

/** The texts as inputs give them. */
export function labelInputs(text: LocalizedText | undefined): LabelInput[] | undefined {
  return text && LOCALES.flatMap((locale) => (text[locale] === undefined ? [] : [{ locale, text: text[locale] as string }]))
}
