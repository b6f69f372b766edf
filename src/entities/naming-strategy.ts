import { DefaultNamingStrategy } from 'typeorm'

/** `creditLimit` → `credit_limit`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/**
 * Names columns in snake_case. Of an embedded value (`MoneyColumns`, `PhoneColumns`) the columns are `<prefix>_<name>`,
 * but `raw` is the prefix itself: a phone as typed stands in `phone`, its E.164 form in `phone_e164`.
 */
export class SnakeNamingStrategy extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined, embeddedPrefixes: string[]): string {
    const name = customName ?? snakeCase(propertyName)
    if (embeddedPrefixes.length > 0 && propertyName === 'raw') return embeddedPrefixes.join('_')
    return [...embeddedPrefixes, name].join('_')
  }
}
