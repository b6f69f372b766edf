import { isIPv4, isIPv6 } from 'node:net'

const ATEXT = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\u0080-\\u{10ffff}]"
const DOT_STRING = new RegExp(`^${ATEXT}+(\\.${ATEXT}+)*$`, 'u')
const QUOTED_STRING = /^"([\x20\x21\x23-\x5b\x5d-\x7e\u0080-\u{10ffff}]|\\[\x20-\x7e])*"$/u
const LABEL = /^[A-Za-z0-9\u0080-\u{10ffff}]([A-Za-z0-9\-\u0080-\u{10ffff}]*[A-Za-z0-9\u0080-\u{10ffff}])?$/u
const UNSEEN = /[\p{C}\p{Z}]/u

/**
 * The text is a mailbox that SMTP can be asked to deliver to: `Mailbox` of RFC 5321 §4.1.2 with the lengths of §4.5.3.1, extended
 * by RFC 6531 (other scripts on both sides of the `@`). Whether the domain exists is not asked. Comments, folding white space,
 * obsolete forms of RFC 5322 and general domain literals are refused: mail software accepts them in headers, SMTP does not.
 */
export function isEmailAddress(text: string): boolean {
  const at = text.lastIndexOf('@')
  if (at < 1) return false
  const local = text.slice(0, at)
  const domain = text.slice(at + 1)
  if (Buffer.byteLength(local) > 64 || Buffer.byteLength(domain) > 253 || Buffer.byteLength(text) > 254) return false
  return isLocalPart(local) && (domain.startsWith('[') ? isAddressLiteral(domain) : isDomain(domain))
}

function isLocalPart(local: string): boolean {
  if (local.startsWith('"')) return QUOTED_STRING.test(local)
  return DOT_STRING.test(local) && !UNSEEN.test(local)
}

function isDomain(domain: string): boolean {
  if (UNSEEN.test(domain)) return false
  const labels = domain.split('.')
  // A last label of digits alone would read as an address without its brackets.
  return labels.every((label) => label.length <= 63 && LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) as string)
}

function isAddressLiteral(domain: string): boolean {
  if (!domain.endsWith(']')) return false
  const address = domain.slice(1, -1)
  if (/^ipv6:/i.test(address)) return isIPv6(address.slice(5)) && !address.includes('%')
  return isIPv4(address)
}
