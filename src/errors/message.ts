import type { Locale, Texts } from './locale.ts'
import { spacedChinese } from './spacing.ts'

/** What may stand in a message: taken literally, whatever characters it has. A message in it is written in the language of the whole. */
export type MessageValue = string | number | bigint | Message

type Content =
  /** Our own sentence. Its template has `{0}`, `{1}` … where the values stand. */
  | { readonly kind: 'said'; readonly template: string; readonly values: readonly MessageValue[] }
  /** A text from elsewhere, in the languages that it was given in. */
  | { readonly kind: 'given'; readonly texts: Texts }
  /** A text from elsewhere in English: other languages say what it is before they quote it. */
  | { readonly kind: 'quoted'; readonly preface: Message; readonly text: string }
  | { readonly kind: 'listed'; readonly items: readonly MessageValue[]; readonly between: string }

/** The template of a language for an English one; undefined where there is none. */
export type TemplateOf = (template: string) => string | undefined

/**
 * A text for people that is not in any language yet: `inLocale` writes it in one. As a string, and in JSON, it is English, for logs and programs.
 * Made by `say`, `given`, `quoted` and `listed`; never changes.
 */
export class Message {
  readonly #content: Content

  constructor(content: Content) {
    this.#content = Object.freeze(content)
  }

  toString(): string {
    return this.written('en', () => undefined)
  }

  toJSON(): string {
    return this.toString()
  }

  /** The text in a language, by templates of this language; what has no template there is in English. */
  written(locale: Locale, templateOf: TemplateOf): string {
    const content = this.#content
    const inside = (value: MessageValue): string => (value instanceof Message ? value.written(locale, templateOf) : String(value))
    switch (content.kind) {
      case 'said':
        return filled(templateOf(content.template) ?? content.template, content.values.map(inside), locale)
      case 'given':
        return content.texts[locale] ?? content.texts.en
      case 'quoted':
        return locale === 'en' ? content.text : `${inside(content.preface)}${content.text}`
      case 'listed':
        return content.items.map(inside).join(locale === 'en' ? content.between : '、')
    }
  }

  /** As plain data, of which `unpacked` makes the message again. */
  packed(): unknown {
    const inside = (value: MessageValue) => (value instanceof Message ? { message: value.packed() } : { text: String(value) })
    const content = this.#content
    switch (content.kind) {
      case 'said':
        return { ...content, values: content.values.map(inside) }
      case 'given':
        return content
      case 'quoted':
        return { ...content, preface: content.preface.packed() }
      case 'listed':
        return { ...content, items: content.items.map(inside) }
    }
  }

  /** The message that was packed. */
  static unpacked(data: unknown): Message {
    const content = data as Packed
    const inside = (value: PackedValue): MessageValue => ('text' in value ? value.text : Message.unpacked(value.message))
    switch (content.kind) {
      case 'said':
        return new Message({ ...content, values: content.values.map(inside) })
      case 'given':
        return new Message(content)
      case 'quoted':
        return new Message({ ...content, preface: Message.unpacked(content.preface) })
      case 'listed':
        return new Message({ ...content, items: content.items.map(inside) })
    }
  }
}

type PackedValue = { readonly text: string } | { readonly message: unknown }
type Packed =
  | { readonly kind: 'said'; readonly template: string; readonly values: readonly PackedValue[] }
  | { readonly kind: 'given'; readonly texts: Texts }
  | { readonly kind: 'quoted'; readonly preface: unknown; readonly text: string }
  | { readonly kind: 'listed'; readonly items: readonly PackedValue[]; readonly between: string }

/**
 * Our own sentence: say`${member} must not be blank.` What stands between the values is looked up in the tables of `zh-cn/`, so a value holds no English words: these are
 * messages of their own, said inside.
 */
export function say(parts: TemplateStringsArray, ...values: readonly MessageValue[]): Message {
  return new Message({ kind: 'said', template: templateOfParts(parts), values })
}

/** A text from elsewhere: of a plugin, of a library, of a person. It is told as it is, in each language that it has. */
export function given(text: string | Texts): Message {
  return new Message({ kind: 'given', texts: typeof text === 'string' ? { en: text } : text })
}

/** A text in English from elsewhere (graphql-js, the database), which other languages introduce by `preface`. */
export function quoted(preface: Message, text: string): Message {
  return new Message({ kind: 'quoted', preface, text })
}

/** Several values; in English with `between` between them. */
export function listed(items: readonly MessageValue[], between = ', '): Message {
  return new Message({ kind: 'listed', items, between })
}

/** `['a ', ' b']` → `a {0} b`. */
export function templateOfParts(parts: readonly string[]): string {
  return parts.reduce((template, part, index) => `${template}{${index - 1}}${part}`)
}

const PLACE = /\{(\d+)\}/

/** What the values hold is not looked at again: a text of somebody that looks like a place is a text. */
function filled(template: string, values: readonly string[], locale: Locale): string {
  const parts = template.split(PLACE)
  const pieces = parts.filter((_, index) => index % 2 === 0)
  const placed = parts.filter((_, index) => index % 2 === 1).map((place) => values[Number(place)] ?? '')
  return locale === 'zh-CN' ? spacedChinese(pieces, placed) : pieces.map((piece, index) => piece + (placed[index] ?? '')).join('')
}
