import { inLocale, spoken } from './in-locale.ts'
import type { Locale } from './locale.ts'
import type { Message } from './message.ts'

/** What an error that is written in English was written from. */
export interface Carried {
  readonly message: Message
  /** Members of `extensions` that may hold messages. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

const CARRIED = Symbol('carried')

/** Lets `extensions` carry what the error says in any language. JSON and comparisons do not see it; a copy of `extensions` has it no more. */
export function carry<Extensions extends object>(extensions: Extensions, carried: Carried): Extensions {
  return Object.defineProperty(extensions, CARRIED, { value: carried, configurable: true })
}

export function carriedBy(extensions: object | undefined): Carried | undefined {
  return (extensions as { readonly [CARRIED]?: Carried } | undefined)?.[CARRIED]
}

/** An error as GraphQL answers have it. */
interface Written {
  readonly message: string
  readonly extensions?: { readonly [name: string]: unknown }
}

/** Errors that are written in English, in another language as far as they carry what they say. */
export function errorsIn<Error extends Written>(errors: readonly Error[], locale: Locale): readonly Error[] {
  if (locale === 'en') return errors
  return errors.map((error) => {
    const carried = carriedBy(error.extensions)
    if (carried === undefined) return error
    const details = spoken(carried.details ?? {}, locale) as object
    return { ...error, message: inLocale(carried.message, locale), extensions: { ...error.extensions, ...details } }
  })
}
