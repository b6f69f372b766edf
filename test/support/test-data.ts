import { readFileSync } from 'node:fs'

const read = (path: string): string => readFileSync(new URL(`../data/${path}`, import.meta.url), 'utf8')

/** The Big List of Naughty Strings, 515 of them. */
export const hostileStrings = (): readonly string[] => JSON.parse(read('blns/blns.json')) as string[]

/** One mobile number per country or territory (245), national, by ISO 3166-1 alpha-2. */
export const phoneExamples = (): Readonly<Record<string, string>> => JSON.parse(read('phones/examples.mobile.json')) as Record<string, string>

/** One case of the isemail suite, with its verdict on what SMTP can be asked to deliver to. */
export interface EmailCase {
  readonly id: number
  readonly address: string
  readonly deliverable: boolean
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Unusual and still deliverable as it stands (RFC 5321): quoted names, address literals, a top-level domain alone. */
const SMTP = new Set(['ISEMAIL_RFC5321_QUOTEDSTRING', 'ISEMAIL_RFC5321_ADDRESSLITERAL', 'ISEMAIL_RFC5321_TLD', 'ISEMAIL_RFC5321_IPV6DEPRECATED'])

/** The isemail suite (164). It writes control characters as the symbols that picture them (U+2400 and following). */
export function emailCases(): readonly EmailCase[] {
  return [...read('isemail/tests.xml').matchAll(/<test id="(\d+)">([\s\S]*?)<\/test>/g)].map(([, id, body = '']) => {
    const part = (name: string): string => new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(body)?.[1] ?? ''
    const address = part('address')
      .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
      .replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
      .replace(/[\u2400-\u241f]/g, (picture) => String.fromCharCode(picture.charCodeAt(0) - 0x2400))
    const plain = ['ISEMAIL_VALID_CATEGORY', 'ISEMAIL_DNSWARN'].includes(part('category'))
    return { id: Number(id), address, deliverable: plain || SMTP.has(part('diagnosis')) }
  })
}
