import type { Registry } from '../../src/records/registry/index.ts'
import type { ValuePools } from './operation-generator.ts'

const TEXTS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  EMAIL: ['somebody@example.com', 'somebody.else@example.org'],
  PHONE: ['+86 138 0013 8000', '+49 30 901820'],
  URL: ['https://example.com/', 'https://example.org/about'],
}
const TEXTS_OF_NAME: Readonly<Record<string, readonly string[]>> = {
  timeZone: ['Asia/Shanghai', 'Europe/Berlin'],
  currency: ['CNY', 'USD'],
  locale: ['en', 'zh-CN'],
}

/** What random writes need to know of fields so that many of them are taken: texts that fit, and what a new record must have. */
export function fieldPools(registry: Registry): Required<Pick<ValuePools, 'fittingTexts' | 'requiredOf'>> {
  const fittingTexts = new Map<string, readonly string[]>()
  const requiredOf = new Map<string, readonly string[]>()
  for (const { name: module, fields } of registry.modules.values()) {
    for (const { name, type, options } of fields.values()) {
      const texts = options?.map(({ value }) => value) ?? TEXTS_OF_TYPE[type] ?? TEXTS_OF_NAME[name]
      if (texts) fittingTexts.set(`${module}.${name}`, texts)
    }
    const required = [...fields.values()].filter((field) => field.required && !field.readOnly && field.default === undefined)
    requiredOf.set(
      module,
      required.map(({ name }) => name),
    )
  }
  return { fittingTexts, requiredOf }
}
