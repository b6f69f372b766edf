/** A way that signals take between nodes, as the settings of a node that uses it. */
export interface SignalWay {
  readonly name: 'PostgreSQL' | 'Redis' | 'Redis Cluster'
  readonly redisUrl: string | undefined
}

const { TEST_REDIS_URL, TEST_REDIS_CLUSTER_URL } = process.env

/** The ways that this run can try: those over Redis need TEST_REDIS_URL and TEST_REDIS_CLUSTER_URL (the run's first line tells). */
export const SIGNAL_WAYS: readonly SignalWay[] = [
  { name: 'PostgreSQL', redisUrl: undefined },
  ...(TEST_REDIS_URL ? [{ name: 'Redis', redisUrl: TEST_REDIS_URL } as const] : []),
  ...(TEST_REDIS_CLUSTER_URL ? [{ name: 'Redis Cluster', redisUrl: TEST_REDIS_CLUSTER_URL } as const] : []),
]
