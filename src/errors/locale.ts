/** Languages that the API speaks. English is the one that everything is written in. */
export const LOCALES = ['en', 'zh-CN'] as const

export type Locale = (typeof LOCALES)[number]

/** A text in each language that somebody has given; English is always there. */
export interface Texts {
  readonly en: string
  readonly 'zh-CN'?: string
}
