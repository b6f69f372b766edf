const ENDED: ReadonlySet<unknown> = new Set(['resolved', 'closed'])

/** A ticket of this status is done with, until it is opened again. */
export function isEnded(status: unknown): boolean {
  return ENDED.has(status)
}
