/** Statuses of a ticket that is done with, until it is opened again. The index of tickets in hand has them, too. */
export const ENDED_STATUSES: readonly string[] = Object.freeze(['resolved', 'closed'])

export function isEnded(status: unknown): boolean {
  return ENDED_STATUSES.includes(status as string)
}
