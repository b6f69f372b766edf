import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { say, validationFailed } from '../errors/index.ts'

/** Networks that one API key may name. */
const MOST = 100

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number]

/**
 * Networks in CIDR notation, as they are stored: `10.0.0.0/8`, `2001:db8::/32`; a single address gets its full length. Throws VALIDATION_FAILED with the path of each entry that is none, or whose address has bits
 * behind the mask, which most often is a mistake about what is meant.
 */
export function parseNetworks(texts: readonly string[], path: readonly (string | number)[]): string[] {
  if (texts.length === 0 || texts.length > MOST)
    throw validationFailed([{ path, code: 'LENGTH', message: say`1 to ${MOST} networks can be named; leave them out to allow every address.` }])
  const parsed = texts.map((text, index) => ({ index, text, network: parseNetwork(text.trim()) }))
  const issues = parsed.flatMap(({ index, text, network }) => {
    if (network === null)
      return [
        {
          path: [...path, index],
          code: 'FORMAT',
          message: say`${JSON.stringify(text.slice(0, 60))} is neither an address nor a network such as 192.0.2.0/24.`,
        },
      ]
    const masked = textOf(network)
    const [address, bits] = network
    return `${address}/${bits}` === masked
      ? []
      : [{ path: [...path, index], code: 'HOST_BITS', message: say`${String(address)}/${bits} has bits behind its mask; the network is ${String(masked)}.` }]
  })
  if (issues.length > 0) throw validationFailed(issues)
  return [...new Set(parsed.map(({ network }) => textOf(network as Network)))]
}

/** Whether an address lies in one of the networks; one that is not known lies in none. */
export function isWithin(networks: readonly string[], ip: string | null): boolean {
  const address = ip === null ? null : addressOf(ip)
  return address !== null && networks.some((network) => contains(stored(network), [address, address.kind() === 'ipv4' ? 32 : 128]))
}

/** The first of the networks that lies in none of the others; undefined where all do. */
export function networkBeyond(networks: readonly string[], others: readonly string[]): string | undefined {
  return networks.find((network) => !others.some((other) => contains(stored(other), stored(network))))
}

function contains([outer, outerBits]: Network, [inner, innerBits]: Network): boolean {
  if (outer.kind() !== inner.kind() || innerBits < outerBits) return false
  return outer.kind() === 'ipv4' ? (inner as ipaddr.IPv4).match(outer as ipaddr.IPv4, outerBits) : (inner as ipaddr.IPv6).match(outer as ipaddr.IPv6, outerBits)
}

/** An IPv4 address that came in the form of IPv6 (`::ffff:192.0.2.1`) is what it is. Null for what is no address. */
function addressOf(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const [plain = ''] = text.split('%')
  return isIP(plain) === 0 ? null : ipaddr.process(plain)
}

function parseNetwork(text: string): Network | null {
  const [plain = '', length, ...rest] = text.split('/')
  if (rest.length > 0 || plain.includes('%') || (length !== undefined && !/^\d{1,3}$/.test(length))) return null
  const address = addressOf(plain)
  if (address === null) return null
  const size = address.kind() === 'ipv4' ? 32 : 128
  // The length of a network that was written in the form of IPv6 counts from its beginning.
  const offset = size === 32 && isIP(plain) === 6 ? 96 : 0
  const bits = length === undefined ? size : Number(length) - offset
  return bits >= 0 && bits <= size ? [address, bits] : null
}

function stored(text: string): Network {
  return ipaddr.parseCIDR(text)
}

/** With the bits behind the mask cleared. */
function textOf([address, bits]: Network): string {
  const cidr = `${address}/${bits}`
  const network = address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr)
  return `${network}/${bits}`
}
