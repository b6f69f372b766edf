import type { z } from 'zod'
import { given, type Issue, type Message, say } from '../../errors/index.ts'
import type { PluginText } from '../api/index.ts'

/** Characters of a plugin's text that are told. */
const LONGEST = 1_000

/** What a plugin tells people, whatever its code hands over. */
export function messageFrom(text: Partial<Exclude<PluginText, string>> | string | null | undefined): Message {
  if (typeof text === 'string') return given(text.slice(0, LONGEST))
  const { en, 'zh-CN': chinese } = text ?? {}
  if (typeof en !== 'string') return say`A plugin refuses this, and does not say why.`
  return given({ en: en.slice(0, LONGEST), ...(typeof chinese === 'string' && { 'zh-CN': chinese.slice(0, LONGEST) }) })
}

/** What is wrong with settings: the texts of zod in both languages, and what a plugin says itself in those that it gives as `params: { text }`. */
export function settingIssues(schema: z.ZodObject, settings: unknown, error: z.ZodError, chinese: z.core.$ZodErrorMap): Issue[] {
  const translated = schema.safeParse(settings, { error: chinese }).error?.issues ?? []
  return error.issues.map((issue, index) => ({
    path: ['settings', ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))],
    code: 'FORMAT',
    message: messageFrom(ownText(issue) ?? { en: issue.message, 'zh-CN': translated[index]?.message ?? issue.message }),
  }))
}

function ownText(issue: z.core.$ZodIssue): PluginText | undefined {
  return issue.code === 'custom' ? (issue.params?.['text'] as PluginText | undefined) : undefined
}
