import { randomFillSync } from 'node:crypto'

/**
 * Record ids are UUIDv7 (RFC 9562 §5.7) whose last 16 bits are the module's permanent number, so that `node(id:)`
 * finds the module without a search. 48 bits of milliseconds, 12 bits of a counter that keeps ids of one millisecond
 * in creation order, 2 variant bits, 46 random bits, 16 bits of module number.
 */
export type RecordIdFactory = (moduleNumber: number) => string

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Makes an id factory. `now` gives milliseconds since the epoch, `fill` fills a buffer with random bytes (both injected, so that tests control what ids come out). */
export function createRecordIdFactory(now: () => number, fill: (buffer: Buffer) => unknown = randomFillSync): RecordIdFactory {
  let lastTime = 0
  let counter = 0
  const random = Buffer.alloc(6 * 512)
  let offset = random.length
  return (moduleNumber) => {
    const time = Math.max(now(), lastTime)
    if (time === lastTime) counter += 1
    else {
      lastTime = time
      counter = 0
    }
    if (counter > 0xfff) {
      lastTime += 1
      counter = 0
    }
    if (offset >= random.length) {
      fill(random)
      offset = 0
    }
    const entropy = random.toString('hex', offset, offset + 6)
    offset += 6
    const variant = (0x8 | (Number.parseInt(entropy[0] as string, 16) & 0x3)).toString(16)
    const stamp = lastTime.toString(16).padStart(12, '0')
    const sequence = (0x7000 | counter).toString(16)
    const module = (moduleNumber & 0xffff).toString(16).padStart(4, '0')
    return `${stamp.slice(0, 8)}-${stamp.slice(8)}-${sequence}-${variant}${entropy.slice(1, 4)}-${entropy.slice(4)}${module}`
  }
}

/** The text is a UUID in the canonical lower-case form. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** The UUID that a client wrote, in the canonical form; null where the text is none. Upper-case input is accepted. */
export function canonicalId(text: string): string | null {
  const lower = text.toLowerCase()
  return UUID.test(lower) ? lower : null
}

/** Module number held in an id, or null where the text is no UUID. Upper-case input is accepted. */
export function moduleNumberOf(id: string): number | null {
  const canonical = canonicalId(id)
  return canonical === null ? null : Number.parseInt(canonical.slice(-4), 16)
}
