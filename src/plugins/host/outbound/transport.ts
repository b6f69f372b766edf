import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import type { Agent } from 'undici'
import { FetchRefusal } from '../../api/index.ts'
import { isOpened } from './declared-hosts.ts'
import { judgeAddress } from './judge-address.ts'

/** A request as it goes out. */
export interface OutboundRequest {
  readonly method: string
  readonly url: URL
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
  readonly signal: AbortSignal
}

/** An answer as it comes in. Whoever does not read the body to its end calls `discard`. */
export interface OutboundAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: AsyncIterable<Uint8Array>
  discard(): Promise<void>
}

/** Sends a request to a host that the plugin has declared. Throws FetchRefusal where the host may not be reached after all; whatever else it throws counts as no connection. */
export type Transport = (request: OutboundRequest) => Promise<OutboundAnswer>

export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** Addresses of a name. */
export type ResolveHost = (host: string) => Promise<readonly ResolvedAddress[]>

export interface TransportOptions {
  /** Private hosts that the operator has opened, as `host` or `host:port`. */
  readonly opened: readonly string[]
  /** Looks a name up; the system's resolver unless given. */
  readonly resolve?: ResolveHost
}

/** Connections to one origin, and milliseconds for which one stays open for the next request. */
const CONNECTIONS = 10
const KEEP_ALIVE = 4_000
const CONNECT_PATIENCE = 10_000

/**
 * Connections over HTTP/1.1. Each name is looked up once for each connection; every address that comes back is judged, and the connection is made to one of these: no second answer of the
 * resolver can lead it elsewhere. No proxies, whatever the environment says.
 */
export function createTransport({ opened, resolve = systemResolver }: TransportOptions): { readonly send: Transport; close(): Promise<void> } {
  const open = new Set(opened)
  const agents = new Map<number, Agent>()
  let closed = false
  // What an operator opens may depend on the port, which the look-up does not tell.
  const agentFor = async (port: number): Promise<Agent> => {
    // Most servers start without a plugin that asks anybody.
    const undici = await import('undici')
    if (closed) throw new Error('the server is shutting down')
    const known = agents.get(port)
    if (known) return known
    const agent = new undici.Agent({
      connections: CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE,
      keepAliveMaxTimeout: KEEP_ALIVE,
      allowH2: false,
      connect: { timeout: CONNECT_PATIENCE, lookup: guardedLookup(resolve, (host) => isOpened(open, host, port)), autoSelectFamily: true },
    })
    agents.set(port, agent)
    return agent
  }
  return {
    send: async ({ method, url, headers, body, signal }) => {
      const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
      const agent = await agentFor(port)
      const answer = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: method as 'GET',
        headers: { ...headers },
        body,
        signal,
      })
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: answer.body,
        discard: () => answer.body.dump({ limit: 65_536 }).catch(() => {}),
      }
    },
    close: async () => {
      closed = true
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
      agents.clear()
    },
  }
}

async function systemResolver(host: string): Promise<readonly ResolvedAddress[]> {
  return lookup(host, { all: true, verbatim: true })
}

/** As net.connect calls it. One address that may not be reached refuses them all: a name that leads to both is no mishap. */
function guardedLookup(resolve: ResolveHost, isOpen: (host: string) => boolean): LookupFunction {
  return (host, options, done) => {
    resolve(host)
      .then((addresses) => {
        const open = isOpen(host)
        const allowed = addresses.every(({ address }) => {
          const kind = judgeAddress(address)
          return kind === 'public' || (open && kind === 'private')
        })
        if (addresses.length === 0) throw new Error(`${host} has no address`)
        if (!allowed) throw new FetchRefusal('ADDRESS_REFUSED', `The host ${host} leads to an address that plugins may not reach.`)
        return addresses
      })
      .then(
        (addresses) => {
          if (options.all === true) done(null, [...addresses])
          else done(null, (addresses[0] as ResolvedAddress).address, (addresses[0] as ResolvedAddress).family)
        },
        (error: Error) => done(error, ''),
      )
  }
}
