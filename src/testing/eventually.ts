/** Asks again until it holds. Rejects after the time given. */
export async function eventually<T>(ask: () => Promise<T | undefined | false>, milliseconds = 10_000): Promise<T> {
  const deadline = Date.now() + milliseconds
  for (;;) {
    const answer = await ask().catch(() => undefined)
    if (answer) return answer as T
    if (Date.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${ask}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
