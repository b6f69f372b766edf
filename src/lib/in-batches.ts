/**
 * Does work batch by batch until one is not full, or it is to stop between two. `takeBatch` answers how many it has taken, at most `size`. Answers how many were taken in all.
 */
export async function inBatches(size: number, takeBatch: () => Promise<number>, isStopping: () => boolean = () => false): Promise<number> {
  for (let taken = 0; ; ) {
    if (isStopping()) return taken
    const count = await takeBatch()
    taken += count
    if (count < size) return taken
  }
}
