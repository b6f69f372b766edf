import { useApolloClient, useMutation } from '@apollo/client/react'
import { useState } from 'react'
import { type Conflict, conflictOf } from '../api/errors'
import { useIdempotencyKey } from '../api/use-idempotency-key'
import type { ConflictRule, ContactRowFragment, CreateContactInput } from '../generated/graphql'
import { CONTACTS, CREATE_CONTACT, UPDATE_CONTACT } from './documents'
import { changesOf, type Input, NOTHING, type Values, valuesOf } from './edited-fields'

/** Ways out of a conflict: write what the other one has not touched, write it all the same, or take what the other one wrote. */
export type Resolution = 'merge' | 'overwrite' | 'reload'

/** Saves a contact as it was read, or makes one; what fails stays in `error`, and in `conflict` where somebody else was faster. */
export function useSaveContact(contact: ContactRowFragment | null, onDone: () => void) {
  const client = useApolloClient()
  const [error, setError] = useState<Error>()
  const [saving, setSaving] = useState(false)
  const [input, setInput] = useState<Input>({})
  const [create] = useMutation(CREATE_CONTACT, { refetchQueries: [CONTACTS] })
  const [update] = useMutation(UPDATE_CONTACT)
  const context = useIdempotencyKey()
  const conflict: Conflict | undefined = conflictOf(error)

  async function attempt(work: () => Promise<unknown>): Promise<void> {
    setSaving(true)
    setError(undefined)
    try {
      await work()
      onDone()
    } catch (failure) {
      setError(failure as Error)
    } finally {
      setSaving(false)
    }
  }
  async function write(changes: Input, ifVersion: number, onConflict: ConflictRule): Promise<void> {
    if (!contact) return
    const variables = { id: contact.id, input: changes, ifVersion, onConflict }
    await update({ variables, context: context(variables) })
  }

  return {
    error,
    conflict,
    saving,
    save: (values: Values) =>
      attempt(async () => {
        const changes = changesOf(contact ? valuesOf(contact) : NOTHING, values)
        setInput(changes)
        if (contact && Object.keys(changes).length > 0) return write(changes, contact.version, 'FAIL')
        if (!contact) await create({ variables: { input: changes as CreateContactInput }, context: context(changes) })
      }),
    resolve: (way: Resolution) =>
      attempt(async () => {
        if (!conflict) return
        if (way === 'merge') return write(input, conflict.ifVersion, 'MERGE')
        if (way === 'overwrite') return write(input, conflict.version, 'FAIL')
        await client.refetchQueries({ include: [CONTACTS] })
      }),
  }
}
