/** Repeatable pseudo-random choices: the same seed makes the same demo data everywhere. Not for secrets. */
export interface Random {
  /** Whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** One of the list; the list must not be empty. */
  pick<T>(list: readonly T[]): T
}

/** Mulberry32: 32 bits of state, a period of 2³², enough for a few thousand choices. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    integer,
    chance: (probability) => next() < probability,
    pick: <T>(list: readonly T[]): T => list[integer(0, list.length - 1)] as T,
  }
}
