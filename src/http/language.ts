import type { FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import type { Locale } from '../errors/index.ts'

/** `zh` stands for all Chinese that is not named: what is written in simplified characters is nearer to its readers than English. */
const OFFERED: Readonly<Record<string, Locale>> = { en: 'en', 'zh-CN': 'zh-CN', zh: 'zh-CN' }
const NAMES = Object.keys(OFFERED)

/** Characters of a header that are looked at; browsers send some dozens. */
const LONGEST = 300
/** Headers that are remembered: those of browsers are the same few. */
const MOST_REMEMBERED = 500
const remembered = new Map<string, Locale>()

/** The language that an `Accept-Language` header asks for; English where it asks for none that there is, or is none. */
export function localeOf(header: unknown): Locale {
  if (typeof header !== 'string' || header === '') return 'en'
  const known = remembered.get(header)
  if (known !== undefined) return known
  const locale = negotiated(header)
  if (header.length <= LONGEST) {
    if (remembered.size === MOST_REMEMBERED) remembered.clear()
    remembered.set(header, locale)
  }
  return locale
}

function negotiated(header: string): Locale {
  const read = header.length > LONGEST ? header.slice(0, Math.max(0, header.lastIndexOf(',', LONGEST))) : header
  const [best] = new Negotiator({ headers: { 'accept-language': read } }).languages(NAMES)
  return (best === undefined ? undefined : OFFERED[best]) ?? 'en'
}

/** The language of a request over HTTP. */
export function languageOf({ headers }: Pick<FastifyRequest, 'headers'>): Locale {
  return localeOf(headers['accept-language'])
}

/** Tells readers and caches what language an answer is in, and that another reader may be given another one. */
export function tellLanguage(request: FastifyRequest, reply: FastifyReply): void {
  const vary = reply.getHeader('vary')
  reply.header('vary', vary === undefined ? 'Accept-Language' : `${String(vary)}, Accept-Language`)
  reply.header('content-language', languageOf(request))
}
