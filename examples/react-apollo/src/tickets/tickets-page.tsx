import { useMutation } from '@apollo/client/react'
import type { Client } from 'graphql-ws'
import { useConnection } from '../api/use-connection'
import { labelOf, type ModuleField, useModule } from '../api/use-module'
import type { TicketRowFragment } from '../generated/graphql'
import { SET_STATUS } from './documents'
import { useLiveTickets } from './use-live-tickets'

export function TicketsPage({ socket }: { readonly socket: Client }) {
  const { tickets, error } = useLiveTickets()
  const connected = useConnection(socket)
  const [setStatus, { error: refusal }] = useMutation(SET_STATUS)
  const { fields } = useModule('ticket')
  const problem = error ?? refusal

  return (
    <main>
      <h1>Tickets</h1>
      <p role="status">
        <span className={connected ? 'live' : 'waiting'}>{connected ? 'Live' : 'Connecting …'}</span> {tickets && `${tickets.totalCount} tickets`}
      </p>
      {problem && (
        <p className="problem" role="alert">
          {problem.message}
        </p>
      )}
      <table>
        <thead>
          <tr>
            {['number', 'subject', 'priority', 'assignee', 'status'].map((field) => (
              <th key={field} scope="col">
                {fields.get(field)?.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tickets?.nodes.map((ticket) => (
            <tr key={ticket.id}>
              <td>{ticket.number}</td>
              <td>{ticket.subject}</td>
              <td>{labelOf(fields.get('priority'), ticket.priority)}</td>
              <td>{ticket.assignee?.name}</td>
              <td>
                <Status
                  ticket={ticket}
                  field={fields.get('status')}
                  onChoose={(status) => void setStatus({ variables: { id: ticket.id, status, ifVersion: ticket.version } }).catch(() => {})}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </main>
  )
}

interface StatusProps {
  readonly ticket: TicketRowFragment
  readonly field: ModuleField | undefined
  readonly onChoose: (status: string) => void
}

/** The status, and the steps that lead on from it. */
function Status({ ticket, field, onChoose }: StatusProps) {
  // A step to null would leave the status empty; a list of choices does not offer it.
  const next = (field?.transitions ?? []).flatMap(({ from, to }) => (from === ticket.status && to !== null ? [to] : []))
  if (!ticket.status || !ticket.viewerAccess?.writableFields.includes('status')) return labelOf(field, ticket.status)
  return (
    <select aria-label={`Status of ${ticket.number}`} value={ticket.status} onChange={(event) => onChoose(event.target.value)}>
      {[ticket.status, ...next].map((status) => (
        <option key={status} value={status}>
          {labelOf(field, status)}
        </option>
      ))}
    </select>
  )
}
