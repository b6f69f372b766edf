const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** A name of a host in small letters, and no address: its last part begins with a letter, so that nothing reads it as a number. Letters of other scripts as Punycode. */
export function isHostName(text: string): boolean {
  const labels = text.split('.')
  return text.length <= 253 && labels.every((label) => LABEL.test(label)) && /^[a-z]/.test(labels.at(-1) as string)
}

/** `host` or `host:port`. */
export function isHostWithPort(text: string): boolean {
  const [host = '', port, ...rest] = text.split(':')
  return rest.length === 0 && isHostName(host) && (port === undefined || isPort(port))
}

/** A TCP port that can be connected to. */
export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}
