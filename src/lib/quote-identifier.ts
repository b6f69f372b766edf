/** The one function that puts a name into SQL. Throws for NUL or more than 63 bytes, which PostgreSQL would cut silently. */
export function quoteIdentifier(name: string): string {
  if (name.length === 0 || name.includes('\0') || Buffer.byteLength(name) > 63)
    throw new RangeError(`not usable as a PostgreSQL identifier: ${JSON.stringify(name)}`)
  return `"${name.replaceAll('"', '""')}"`
}
