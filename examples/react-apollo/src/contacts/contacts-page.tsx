import { useQuery } from '@apollo/client/react'
import { useState } from 'react'
import { useModule } from '../api/use-module'
import type { ContactRowFragment } from '../generated/graphql'
import { useDebounced } from '../ui/use-debounced'
import { ContactForm } from './contact-form'
import { ContactTable } from './contact-table'
import { CONTACTS } from './documents'

export function ContactsPage() {
  const [words, setWords] = useState('')
  const [edited, setEdited] = useState<ContactRowFragment | 'new'>()
  const search = useDebounced(words.trim(), 250) || null
  const { data, previousData, error, fetchMore } = useQuery(CONTACTS, { variables: { search } })
  const { actions, fields, isKnown } = useModule('contact')
  const contacts = (data ?? previousData)?.contacts

  return (
    <main>
      <h1>Contacts</h1>
      <div className="bar">
        <label>
          Search
          <input type="search" value={words} onChange={(event) => setWords(event.target.value)} />
        </label>
        {actions.includes('CREATE') && (
          <button type="button" onClick={() => setEdited('new')}>
            New contact
          </button>
        )}
      </div>
      {error && (
        <p className="problem" role="alert">
          {error.message}
        </p>
      )}
      <p role="status">{contacts ? `${contacts.totalCount} contacts` : 'Loading …'}</p>
      {contacts && isKnown && <ContactTable contacts={contacts.edges.map(({ node }) => node)} fields={fields} onEdit={setEdited} />}
      {contacts?.pageInfo.hasNextPage && (
        <button type="button" onClick={() => void fetchMore({ variables: { after: contacts.pageInfo.endCursor } }).catch(() => {})}>
          Load more
        </button>
      )}
      {edited && (
        <ContactForm
          key={edited === 'new' ? 'new' : edited.id}
          contact={edited === 'new' ? null : edited}
          fields={fields}
          onDone={() => setEdited(undefined)}
        />
      )}
    </main>
  )
}
