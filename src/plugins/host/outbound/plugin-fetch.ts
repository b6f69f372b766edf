import { type FetchOptions, FetchRefusal, type PluginFetch } from '../../api/index.ts'
import { cleanHeaders, headersElsewhere } from './request-headers.ts'
import type { OutboundAnswer, OutboundRequest, Transport } from './transport.ts'

/** Milliseconds, bytes and counts that hold whatever a plugin asks for; the first of two is what holds unless it asks. */
const TIMEOUT = [10_000, 60_000] as const
const ANSWER = [1_048_576, 10_485_760] as const
const BODY = 10_485_760
const REDIRECTS = 5
const AT_ONCE = 20

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const REDIRECT: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Requests of one plugin in this process. */
export interface Outbound {
  /** `signal`: ends the request with the plugin's turn. `isInside`: a transaction of the plugin is open. */
  fetchFor(signal: AbortSignal, isInside: () => boolean): PluginFetch
}

/** `origins`: what the plugin has declared. */
export function createOutbound(plugin: string, version: string, origins: ReadonlySet<string>, transport: Transport): Outbound {
  let underWay = 0
  return {
    fetchFor:
      (turn, isInside) =>
      async (target, options = {}) => {
        if (turn.aborted) throw new FetchRefusal('ABORTED', `The turn of the plugin ${plugin} is over.`)
        if (isInside()) throw new FetchRefusal('IN_TRANSACTION', 'A request inside of a transaction would hold its locks. Fetch first, and write then.')
        const url = urlOf(target)
        requireDeclared(url, origins, plugin, 'HOST_NOT_DECLARED')
        const request = requestOf(url, options, `guanxi-plugin-${plugin}/${version}`)
        if (underWay >= AT_ONCE) throw new FetchRefusal('TOO_MANY', `${AT_ONCE} requests of the plugin ${plugin} are under way already. Wait for them.`)
        underWay += 1
        const timeout = within(options.timeout, TIMEOUT)
        const late = AbortSignal.timeout(timeout)
        const signal = AbortSignal.any([turn, late])
        try {
          return await follow({ ...request, signal }, { transport, origins, plugin, options })
        } catch (error) {
          if (error instanceof FetchRefusal) throw error
          if (late.aborted) throw new FetchRefusal('TIMEOUT', `${url.host} has not answered in full within ${timeout} ms.`)
          if (turn.aborted) throw new FetchRefusal('ABORTED', `The turn of the plugin ${plugin} is over.`)
          throw refusalIn(error) ?? new FetchRefusal('UNREACHABLE', `${url.host} cannot be reached: ${reasonOf(error)}`, { cause: error })
        } finally {
          underWay -= 1
        }
      },
  }
}

interface Following {
  readonly transport: Transport
  readonly origins: ReadonlySet<string>
  readonly plugin: string
  readonly options: FetchOptions
}

async function follow(first: OutboundRequest, { transport, origins, plugin, options }: Following): Promise<Response> {
  const most = within(options.maxBytes, ANSWER)
  let request = first
  for (let redirects = 0; ; redirects += 1) {
    const answer = await untilAborted(transport(request), request.signal)
    const location = REDIRECT.has(answer.status) && options.redirect !== 'manual' ? headerOf(answer, 'location') : undefined
    if (location === undefined) return responseOf(answer, request, await bodyOf(answer, most, request.signal))
    await answer.discard()
    if (redirects >= REDIRECTS) throw new FetchRefusal('REDIRECT_REFUSED', `${first.url.host} redirects more than ${REDIRECTS} times.`)
    const next = redirected(location, request.url)
    requireDeclared(next, origins, plugin, 'REDIRECT_REFUSED')
    request = afterRedirect(request, answer.status, next)
  }
}

/** As browsers do it: a form that was sent is not sent again, unless the status says so. */
function afterRedirect(request: OutboundRequest, status: number, url: URL): OutboundRequest {
  const becomesGet = status === 303 ? request.method !== 'HEAD' : (status === 301 || status === 302) && request.method === 'POST'
  const headers = url.origin === request.url.origin ? request.headers : headersElsewhere(request.headers)
  if (!becomesGet) return { ...request, url, headers }
  const { 'content-type': _, ...rest } = headers
  return { ...request, url, headers: rest, method: 'GET', body: null }
}

function redirected(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) throw new FetchRefusal('REDIRECT_REFUSED', `${from.host} redirects to what is no URL.`)
  const url = new URL(location, from)
  if (url.username !== '' || url.password !== '') throw new FetchRefusal('REDIRECT_REFUSED', `${from.host} redirects to a URL with a user name in it.`)
  return url
}

function urlOf(target: string | URL): URL {
  const text = String(target)
  if (!URL.canParse(text)) throw new FetchRefusal('REQUEST_INVALID', `${text.slice(0, 200)} is no URL.`)
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw new FetchRefusal('REQUEST_INVALID', 'A URL holds no user name and no password; send them in a header.')
  return url
}

function requireDeclared(url: URL, origins: ReadonlySet<string>, plugin: string, code: 'HOST_NOT_DECLARED' | 'REDIRECT_REFUSED'): void {
  if (origins.has(url.origin)) return
  const place = url.origin === 'null' ? url.protocol : url.origin
  throw new FetchRefusal(code, `The plugin ${plugin} has not declared ${place.slice(0, 200)} among the hosts of its capability \`network\`.`)
}

function requestOf(url: URL, { method = 'GET', headers = {}, body }: FetchOptions, agent: string): Omit<OutboundRequest, 'signal'> {
  if (!METHODS.has(method)) throw new FetchRefusal('REQUEST_INVALID', `${String(method).slice(0, 40)} is no method that a plugin may use.`)
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array))
    throw new FetchRefusal('REQUEST_INVALID', 'The body is a text or bytes; write an object with JSON.stringify.')
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) throw new FetchRefusal('REQUEST_INVALID', `A ${method} has no body.`)
  if (body !== undefined && Buffer.byteLength(body) > BODY) throw new FetchRefusal('TOO_LARGE', `The body is larger than ${BODY} bytes.`)
  return { method, url, headers: cleanHeaders(headers, agent), body: body ?? null }
}

/** A number that is asked for, not above the most. */
function within(asked: number | undefined, [usual, most]: readonly [number, number]): number {
  if (asked === undefined) return usual
  if (!Number.isFinite(asked) || asked < 1) throw new FetchRefusal('REQUEST_INVALID', 'Limits are numbers above 0.')
  return Math.min(Math.floor(asked), most)
}

/** What comes later than anybody waits for it is let go of. */
async function untilAborted(sending: Promise<OutboundAnswer>, signal: AbortSignal): Promise<OutboundAnswer> {
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
  })
  aborted.catch(() => {})
  sending.then((answer) => (signal.aborted ? answer.discard() : undefined)).catch(() => {})
  try {
    return await Promise.race([sending, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Throws TOO_LARGE at the first byte too many, whatever the answer says of its length. */
async function bodyOf(answer: OutboundAnswer, most: number, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of answer.body) {
    length += chunk.length
    if (length > most) throw new FetchRefusal('TOO_LARGE', `The answer is larger than ${most} bytes.`)
    chunks.push(chunk)
    signal.throwIfAborted()
  }
  return Buffer.concat(chunks)
}

const BODILESS: ReadonlySet<number> = new Set([101, 103, 204, 205, 304])

function responseOf({ status, headers }: OutboundAnswer, { url }: OutboundRequest, body: Uint8Array): Response {
  if (status < 200 || status > 599) throw new FetchRefusal('UNREACHABLE', `${url.host} answers with the status ${status}.`)
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : typeof value === 'string' ? [[name, value]] : value.map((each) => [name, each]),
  )
  const response = new Response(BODILESS.has(status) ? null : Buffer.from(body), { status, headers: entries })
  Object.defineProperty(response, 'url', { value: url.href })
  return response
}

function headerOf({ headers }: OutboundAnswer, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

/** The refusal that a connection was given up for, however deep it stands. */
function refusalIn(error: unknown, depth = 0): FetchRefusal | undefined {
  if (error instanceof FetchRefusal) return error
  if (!(error instanceof Error) || depth > 5) return undefined
  const inner = error instanceof AggregateError ? error.errors : [error.cause]
  for (const each of inner) {
    const found = refusalIn(each, depth + 1)
    if (found) return found
  }
  return undefined
}

/** A word on what went wrong that tells nothing of addresses behind the name. */
function reasonOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : 'the connection failed'
}
