import { isIPv6 } from 'node:net'

/** The network that one customer has, by one of its addresses: an IPv6 customer owns a whole /64 and could use a new address for each try. */
export function networkOf(ip: string | null): string {
  return ip !== null && isIPv6(ip) && !ip.includes('.') ? expandIPv6(ip).slice(0, 4).join(':') : (ip ?? 'unknown')
}

/** The eight groups of an IPv6 address without zone. */
function expandIPv6(ip: string): string[] {
  const [head = '', tail] = (ip.split('%')[0] as string).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...middle, ...right].map((group) => group.toLowerCase().padStart(4, '0'))
}
