import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { isEmailAddress } from '../../src/lib/email-address.ts'

interface Case {
  readonly id: number
  readonly address: string
  readonly category: string
  readonly diagnosis: string
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The suite writes control characters as the symbols that picture them (U+2400 and following). */
function cases(): Case[] {
  const xml = readFileSync(new URL('../data/isemail/tests.xml', import.meta.url), 'utf8')
  return [...xml.matchAll(/<test id="(\d+)">([\s\S]*?)<\/test>/g)].map(([, id, body = '']) => {
    const part = (name: string) => new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(body)?.[1] ?? ''
    const address = part('address')
      .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
      .replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
      .replace(/[\u2400-\u241f]/g, (picture) => String.fromCharCode(picture.charCodeAt(0) - 0x2400))
    return { id: Number(id), address, category: part('category'), diagnosis: part('diagnosis') }
  })
}

/** Unusual and still deliverable by SMTP as it stands (RFC 5321): quoted names, address literals, a top-level domain alone. */
const SMTP = new Set(['ISEMAIL_RFC5321_QUOTEDSTRING', 'ISEMAIL_RFC5321_ADDRESSLITERAL', 'ISEMAIL_RFC5321_TLD', 'ISEMAIL_RFC5321_IPV6DEPRECATED'])

function deliverable({ category, diagnosis }: Case): boolean {
  return category === 'ISEMAIL_VALID_CATEGORY' || category === 'ISEMAIL_DNSWARN' || SMTP.has(diagnosis)
}

describe('e-mail addresses', () => {
  test('agree with the isemail suite on what mail can be delivered to', () => {
    const suite = cases()
    expect(suite.length).toBe(164)
    const wrong = suite.filter((entry) => isEmailAddress(entry.address) !== deliverable(entry))
    expect(wrong).toEqual([])
  })

  test('other scripts on both sides of the @', () => {
    for (const address of ['用户@例子.广告', 'δοκιμή@παράδειγμα.δοκιμή', 'jürgen@müller.de', 'a+b@例子.cn']) expect(isEmailAddress(address)).toBe(true)
    for (const address of ['用 户@例子.广告', '用户@例子 .广告', 'a@b\u200b.com', 'a\u00a0@b.com', `${'好'.repeat(22)}@b.com`])
      expect(isEmailAddress(address)).toBe(false)
  })
})
