/** Where a Redis is, or the nodes of a Redis Cluster by which the others are found. */
export interface RedisAddress {
  readonly cluster: boolean
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly username: string | undefined
  readonly password: string | undefined
  readonly tls: boolean
}

const LIST = /^(rediss?)(\+cluster)?:\/\/(?:([^/?#]*)@)?([^/?#@]+)\/?$/
const HOST = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i

/**
 * Understands `redis://host:6379/0` and `rediss://`, one Redis, and a Redis Cluster by one node, `redis+cluster://host:6379`, or several, `redis://a:6379,b:6379` (each may have its
 * own `redis://`). Null for anything else. A cluster has no databases but the first.
 */
export function parseRedisUrl(text: string): RedisAddress | null {
  const [first = '', ...more] = text.split(/,(?=rediss?(?:\+cluster)?:\/\/)/)
  const [, scheme, explicit, credentials = '', hosts = ''] = LIST.exec(first) ?? []
  const cluster = explicit !== undefined || more.length > 0 || hosts.includes(',')
  if (!cluster) return single(text)
  const others = more.map((part) => LIST.exec(part))
  if (scheme === undefined || others.some((part) => part === null || part[1] !== scheme)) return null
  const nodes = [hosts, ...others.map((part) => part?.[4] ?? '')].flatMap((list) => list.split(',')).map(nodeOf)
  if (nodes.some((node) => node === null)) return null
  return { cluster, nodes: nodes.filter((node) => node !== null), ...credentialsOf(credentials), tls: scheme === 'rediss' }
}

function single(text: string): RedisAddress | null {
  if (!URL.canParse(text)) return null
  const { protocol, hostname, port, username, password } = new URL(text)
  if ((protocol !== 'redis:' && protocol !== 'rediss:') || hostname.includes(',')) return null
  const node = { host: hostname || 'localhost', port: Number(port || '6379') }
  return { cluster: false, nodes: [node], ...credentialsOf(username === '' && password === '' ? '' : `${username}:${password}`), tls: protocol === 'rediss:' }
}

function nodeOf(text: string): { host: string; port: number } | null {
  const [, host, port = '6379'] = HOST.exec(text.trim()) ?? []
  return host === undefined || Number(port) > 65_535 || Number(port) === 0 ? null : { host: host.replaceAll(/^\[|\]$/g, ''), port: Number(port) }
}

function credentialsOf(text: string): Pick<RedisAddress, 'username' | 'password'> {
  const colon = text.indexOf(':')
  const decode = (part: string) => {
    try {
      return part === '' ? undefined : decodeURIComponent(part)
    } catch {
      return part
    }
  }
  return colon < 0 ? { username: undefined, password: decode(text) } : { username: decode(text.slice(0, colon)), password: decode(text.slice(colon + 1)) }
}
