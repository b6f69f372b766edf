import { isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** The network that one customer has, by one of its addresses: an IPv6 customer owns a whole /64 and could use a new address for each try. */
export function networkOf(ip: string | null): string {
  if (ip === null) return 'unknown'
  if (!isIPv6(ip) || ip.includes('.')) return ip
  const { parts } = ipaddr.IPv6.parse(ip.split('%')[0] as string)
  return parts
    .slice(0, 4)
    .map((group) => group.toString(16).padStart(4, '0'))
    .join(':')
}
