import { randomUUID } from 'node:crypto'

const SANE = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/

/** The client's `x-request-id` where it is short and plain enough for logs and headers, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && SANE.test(header) ? header : randomUUID()
}

/** The name by which a client calls itself, where it is short and plain; null otherwise. */
export function clientNameOf(value: unknown): string | null {
  return typeof value === 'string' && /^[\w .@/+-]{1,64}$/.test(value) ? value : null
}
