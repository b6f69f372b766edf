import type { IncomingMessage } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'

/** Whether an address is one of the proxies whose `X-Forwarded-For` is believed. */
export type TrustProxy = (address: string) => boolean

/** `networks`: addresses and networks in CIDR notation, checked by the configuration. */
export function trustProxies(networks: readonly string[]): TrustProxy {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Address of the client: the nearest one, seen from here, that is no trusted proxy. */
export function clientAddress(request: IncomingMessage, trusted: TrustProxy): string | null {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
  const hops = [
    request.socket.remoteAddress,
    ...forwarded
      .split(',')
      .map((hop) => hop.trim())
      .reverse(),
  ].filter((hop): hop is string => Boolean(hop))
  return hops.find((hop) => !trusted(hop)) ?? hops.at(-1) ?? null
}
