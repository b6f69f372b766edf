import { FetchRefusal } from '../../api/index.ts'

/** What the connection says of itself. `accept-encoding`: answers are taken as they are. */
const OURS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'forwarded',
])

const OURS_BEGIN = ['proxy-', 'sec-', 'x-forwarded-']

/** All that goes to another origin after a redirect: no other header is known to hold no secret. */
const ELSEWHERE = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'user-agent'])

/** Bytes that all headers may have together. */
const MOST = 16_384

/** The headers of a request. Throws FetchRefusal for those that are not the plugin's to set, and for what is no header. */
export function cleanHeaders(given: Readonly<Record<string, string>>, userAgent: string): Readonly<Record<string, string>> {
  let size = 0
  const headers = new Headers()
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase()
    if (OURS.has(lower) || OURS_BEGIN.some((begin) => lower.startsWith(begin)))
      throw new FetchRefusal('REQUEST_INVALID', `The header ${name.slice(0, 60)} is not the plugin's to set.`)
    size += name.length + String(value).length
    try {
      headers.set(name, value)
    } catch {
      throw new FetchRefusal('REQUEST_INVALID', `${JSON.stringify(name.slice(0, 60))} is no header, or its value is none.`)
    }
  }
  if (size > MOST) throw new FetchRefusal('TOO_LARGE', `The headers are larger than ${MOST} bytes.`)
  if (!headers.has('user-agent')) headers.set('user-agent', userAgent)
  headers.set('accept-encoding', 'identity')
  return Object.fromEntries(headers)
}

/** Those that may go to another origin. */
export function headersElsewhere(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => ELSEWHERE.has(name)))
}
