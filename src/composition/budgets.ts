import type { Config } from '../config/index.ts'
import { createSharedCounters } from '../events/index.ts'
import { type Budgets, createBudgets, type Logger } from '../http/index.ts'
import { repeat } from '../jobs/repeat.ts'
import type { Database } from '../records/database.ts'

/** Milliseconds between two exchanges with other nodes. */
const INTERVAL = 1_000

interface BudgetOptions {
  readonly config: Pick<Config, 'redisUrl' | 'requestsPerUser' | 'requestsPerAddress' | 'requestsSignedOut' | 'costPerUser'>
  readonly database: Database
  readonly logger: Logger
}

/** What users and addresses may ask for in a minute, exchanged with other nodes where there is a Redis. */
export async function startBudgets({ config, database, logger }: BudgetOptions): Promise<{ readonly budgets: Budgets; stop(): Promise<void> }> {
  const counters = await createSharedCounters(config.redisUrl, database)
  const limits = { requests: config.requestsPerUser, cost: config.costPerUser, address: config.requestsPerAddress, 'signed-out': config.requestsSignedOut }
  const budgets = createBudgets(limits, counters)
  if (counters === null) return { budgets, stop: async () => {} }
  let alone = false
  const exchange = repeat({
    every: INTERVAL,
    run: async () => {
      await budgets.settle()
      alone = false
    },
    onError: (error) => {
      if (!alone) logger.warn({ err: error }, 'what users may ask for in a minute is counted by each process alone until Redis answers again')
      alone = true
    },
  })
  return {
    budgets,
    stop: async () => {
      await exchange.stop()
      counters.close()
    },
  }
}
