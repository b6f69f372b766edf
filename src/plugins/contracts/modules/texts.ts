import type { FieldDescription } from '../../api/index.ts'

type Option = NonNullable<FieldDescription['options']>[number]

/** Labels in English and Chinese, as descriptions of modules and fields take them. */
export function labels(en: string, zh: string) {
  return [
    { locale: 'en', text: en },
    { locale: 'zh-CN', text: zh },
  ]
}

/** Options of a SELECT: value, English, Chinese. */
export function options(...each: readonly (readonly [value: string, en: string, zh: string])[]): Option[] {
  return each.map(([value, en, zh]) => ({ value, labels: labels(en, zh) }))
}

/** The contract that a part belongs to. */
export function contractReference(inverseName: string, en: string, zh: string) {
  return {
    name: 'contract',
    type: 'REFERENCE',
    labels: labels('Contract', '合同'),
    required: true,
    reference: { module: 'contract', inverseName, inverseLabels: labels(en, zh), onDelete: 'cascade' },
  } as const
}
