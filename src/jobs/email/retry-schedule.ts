/** Seconds between two attempts to send a message; behind the last one it is given up. */
export const RETRY_DELAYS: readonly number[] = Object.freeze([10, 60, 300, 1_800, 7_200, 21_600])

/** Scatters what would come all at once when a mail server is back. */
const JITTER = 0.2

/** Milliseconds until the next attempt after so many have failed; null where there is none. */
export function delayAfter(attempts: number, delays: readonly number[], random: () => number = Math.random): number | null {
  const seconds = delays[attempts - 1]
  return seconds === undefined ? null : Math.round(seconds * 1_000 * (1 + JITTER * (2 * random() - 1)))
}
