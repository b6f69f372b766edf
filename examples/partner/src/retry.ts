import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from './guanxi/client.js'

const LONGEST_WAIT = 60_000

/** Does the work again for as long as an error may pass, after the time that the server asks for, or longer and longer ones. Throws what would come again. */
export async function withRetries<Answer>(work: () => Promise<Answer>, note: (message: string) => void = console.error): Promise<Answer> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof OperationError) || !mayPass(error)) throw error
      const wait = waitAfter(error, failures)
      note(`${error.code}: again in ${(wait / 1000).toFixed(1)} s. ${error.message}`)
      await delay(wait)
    }
  }
}

/** What is retryable; and a commit whose outcome nobody knows, since all that this program sends can be sent again: queries, and mutations with a key. */
function mayPass(error: OperationError): boolean {
  return error.retryable || error.errors.some(({ extensions }) => extensions['outcome'] === 'UNKNOWN')
}

/** Milliseconds. */
function waitAfter(error: OperationError, failures: number): number {
  const told = Math.max(0, ...error.errors.map(({ extensions }) => Number(extensions['retryAfter'] ?? 0)))
  const longest = Math.min(500 * 2 ** (failures - 1), LONGEST_WAIT)
  // Spread, so that all clients of a server that was away do not come at once.
  return told * 1000 + longest / 2 + (Math.random() * longest) / 2
}
