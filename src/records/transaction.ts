import { DefectError } from '../errors/index.ts'
import type { Statement, Transaction } from './database.ts'
import { outcomeUnknown } from './database-loss.ts'

export const COMMIT: Statement = Object.freeze({ text: 'COMMIT', purpose: 'transaction' })

const BEGIN: Statement = Object.freeze({ text: 'BEGIN', purpose: 'transaction' })

/** One connection, as a transaction uses it. */
export interface TransactionConnection {
  run(statement: Statement): Promise<unknown[]>
  /** Sends both at once; answers the rows of the second. Throws where either fails. */
  runBoth(first: Statement, second: Statement): Promise<unknown[]>
}

/**
 * Runs `work` between BEGIN and COMMIT, or ROLLBACK where it throws. BEGIN is sent with the first statement; where there is none, nothing is. Statements are given to the connection one by one, in the order in which
 * they are asked for.
 */
export async function runTransaction<T>(connection: TransactionConnection, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  let savepoints = 0
  let statements = 0
  let begun = false
  let ended = false
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (statement: Statement, ends = false): Promise<unknown[]> => {
    const turn = last.then(() => {
      if (ended && !ends) throw new DefectError('a statement came when its transaction had ended')
      ended ||= ends
      if (begun) return connection.run(statement)
      if (ends) return []
      begun = true
      return connection.runBoth(BEGIN, statement)
    })
    last = turn.catch(() => {})
    return turn
  }
  const control = (text: string, ends = false) => inTurn({ text, purpose: 'transaction' }, ends)
  const transaction: Transaction = {
    get statements() {
      return statements
    },
    query: (statement) => {
      if (statement.purpose === 'record') statements += 1
      return inTurn(statement) as Promise<never>
    },
    savepoint: async (inner) => {
      savepoints += 1
      const name = `s${savepoints}`
      await control(`SAVEPOINT ${name}`)
      try {
        const { keep, value } = await inner()
        await control(keep ? `RELEASE SAVEPOINT ${name}` : `ROLLBACK TO SAVEPOINT ${name}`)
        return value
      } catch (error) {
        await control(`ROLLBACK TO SAVEPOINT ${name}`).catch(() => {})
        throw error
      }
    },
  }
  try {
    const value = await work(transaction)
    await inTurn(COMMIT, true).catch((error: unknown) => {
      throw outcomeUnknown(error)
    })
    return value
  } catch (error) {
    await control('ROLLBACK', true).catch(() => {})
    throw error
  }
}
