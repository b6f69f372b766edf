import type { Epochs } from '../access/policy.ts'
import { READ_EPOCHS_SQL, StaleEpochError, sameEpochs } from '../epochs.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import type { Session } from './session.ts'

/** Users and teams decide about rights, so writing them moves the access epoch in this very transaction. */
export function movesEpochs({ name }: ModuleDefinition): boolean {
  return name === 'user' || name === 'team'
}

/**
 * Runs a write that may move the access epoch while the epochs are locked against everybody else; afterwards the session goes on under the epochs that its own
 * write has made.
 */
export async function underOwnEpochs<T>(session: Session, write: () => Promise<T>): Promise<T> {
  const held = await readEpochs(session, ' FOR UPDATE')
  if (!sameEpochs(held, session.principal.policy.epochs)) throw new StaleEpochError()
  const result = await write()
  const { policy } = session.principal
  session.principal = { ...session.principal, policy: { ...policy, epochs: await readEpochs(session, '') } }
  return result
}

async function readEpochs(session: Session, lock: string): Promise<Epochs> {
  const [epochs] = await session.transaction.query<Epochs>({ text: `${READ_EPOCHS_SQL}${lock}`, purpose: 'platform' })
  if (!epochs) throw new StaleEpochError()
  return epochs
}
