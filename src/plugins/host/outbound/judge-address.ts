import ipaddr from 'ipaddr.js'

/**
 * `public`: anybody's. `private`: of this machine or of its network, which an operator may open to plugins by the name of a host. `refused`: nobody's business, whatever is opened.
 */
export type AddressKind = 'public' | 'private' | 'refused'

const PRIVATE = new Set(['private', 'loopback', 'carrierGradeNat', 'uniqueLocal'])

/** Where clouds keep the secrets of a machine, outside of 169.254.0.0/16, all of which is refused. */
const METADATA = new Set(['fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16'].map((text) => ipaddr.parse(text).toNormalizedString()))

/** The only part of IPv6 that is handed out to machines on the internet. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Judges a numeric address as the resolver gives it. IPv6 addresses that stand for an IPv4 one (mapped, compatible, NAT64, 6to4, Teredo) are refused, since what they lead to is decided
 * elsewhere; so is an address with a zone, and what is none.
 */
export function judgeAddress(text: string): AddressKind {
  if (!ipaddr.isValid(text) || text.includes('%')) return 'refused'
  const address = ipaddr.parse(text)
  if (METADATA.has(address.toNormalizedString())) return 'refused'
  const range = address.range()
  if (PRIVATE.has(range)) return 'private'
  if (range !== 'unicast') return 'refused'
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(GLOBAL_UNICAST) ? 'public' : 'refused'
}
