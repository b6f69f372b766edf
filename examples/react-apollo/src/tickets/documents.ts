import { graphql } from '../generated'

graphql(`
  fragment TicketRow on Ticket {
    id
    version
    number
    subject
    status
    priority
    assignee {
      id
      name
    }
    viewerAccess {
      writableFields
    }
  }
`)

/** The newest, and the cursor that was taken before they were read. */
export const TICKETS = graphql(`
  query Tickets {
    changeCursor
    tickets(first: 50) {
      totalCount
      nodes {
        ...TicketRow
      }
    }
  }
`)

export const TICKET_CHANGED = graphql(`
  subscription TicketChanged($after: String!) {
    ticketChanged(after: $after) {
      cursor
      operation
      id
      ticket {
        ...TicketRow
      }
    }
  }
`)

export const SET_STATUS = graphql(`
  mutation SetTicketStatus($id: ID!, $status: String!, $ifVersion: Int!) {
    updateTicket(id: $id, input: { status: $status }, ifVersion: $ifVersion, onConflict: MERGE) {
      ticket {
        ...TicketRow
      }
    }
  }
`)
