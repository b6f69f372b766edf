/** A label in both languages of the product. */
export const labels = (en: string, zh: string) => [
  { locale: 'en', text: en },
  { locale: 'zh-CN', text: zh },
]

const COLORS = { grey: '#6b7280', blue: '#2563eb', teal: '#0d9488', amber: '#d97706', green: '#16a34a', red: '#dc2626' } as const

/** An option of a SELECT field. */
export const option = (value: string, en: string, zh: string, color: keyof typeof COLORS) => ({ value, labels: labels(en, zh), color: COLORS[color] })

/** Members of a module's description that name it. */
export const named = (en: string, zh: string, plural: string) => ({ labels: labels(en, zh), pluralLabels: labels(plural, zh) })
