/** A way that signals take between nodes, as the settings of a node that uses it. */
export interface SignalWay {
  readonly name: 'PostgreSQL' | 'Redis'
  readonly redisUrl: string | undefined
}

const { TEST_REDIS_URL } = process.env

/** The ways that this run can try: the one over Redis needs TEST_REDIS_URL (the run's first line tells). */
export const SIGNAL_WAYS: readonly SignalWay[] = [
  { name: 'PostgreSQL', redisUrl: undefined },
  ...(TEST_REDIS_URL ? [{ name: 'Redis', redisUrl: TEST_REDIS_URL } as const] : []),
]
