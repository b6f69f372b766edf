import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** What a request tells about where it comes from. */
export interface Whereabouts {
  /** Other end of the connection. */
  readonly peer: string | undefined
  /** The client, by the proxies that are trusted. */
  readonly client: string
  readonly headers: IncomingHttpHeaders
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** What proxies add. */
const PASSED_ON = ['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'cf-connecting-ip']

/**
 * Whether a request was made on this machine, to this machine: by connection, by client, by the host that it names and the page that sends it, and by no way over a proxy. A name of another
 * host that leads here (DNS rebinding) is none of this machine.
 */
export function isFromOwnMachine({ peer, client, headers }: Whereabouts): boolean {
  if (peer === undefined || !isLoopbackAddress(peer) || !isLoopbackAddress(client)) return false
  if (PASSED_ON.some((name) => headers[name] !== undefined)) return false
  return isLoopbackHost(headers.host) && (headers.origin === undefined || isLoopbackHost(hostOf(headers.origin)))
}

/** Whether the page that sends a request, where a browser says so, is one of this server's. */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  return (site === undefined || site === 'same-origin' || site === 'none') && (headers.origin === undefined || hostOf(headers.origin) === headers.host)
}

function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '')
  const family = isIP(plain)
  return family !== 0 && LOOPBACK.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

function isLoopbackHost(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}/`)) return false
  const { hostname } = new URL(`http://${host}/`)
  return hostname === 'localhost' || isLoopbackAddress(hostname.replace(/^\[|\]$/g, ''))
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
