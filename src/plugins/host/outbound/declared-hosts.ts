import { isHostName, isPort } from '../../../lib/host-name.ts'

/**
 * The origin that an entry of the capability `network` stands for: `api.example.com`, `api.example.com:8443`, or `http://printer.example.com`, as it must be written for a host that has no
 * TLS. Names alone, never addresses. Null for what is none.
 */
export function declaredOrigin(entry: string): string | null {
  const [, protocol = 'https', host = '', port] = /^(?:(https?):\/\/)?([^:/]+)(?::(\d+))?$/.exec(entry) ?? []
  if (!isHostName(host) || (port !== undefined && !isPort(port))) return null
  return new URL(`${protocol}://${host}${port === undefined ? '' : `:${port}`}`).origin
}

/** The origins that a plugin may reach. */
export function declaredOrigins(entries: readonly string[] = []): ReadonlySet<string> {
  return new Set(entries.flatMap((entry) => declaredOrigin(entry) ?? []))
}

/** Whether an operator has opened a private host, as `host` or `host:port`. */
export function isOpened(opened: ReadonlySet<string>, host: string, port: number): boolean {
  return opened.has(host) || opened.has(`${host}:${port}`)
}
