import type pg from 'pg'

export const SERVERS = ['guanxi', 'postgraphile', 'limit'] as const
export type ServerName = (typeof SERVERS)[number]

/** One HTTP request without what belongs to the connection. */
export interface BenchRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
}

/** A query in the three servers' words. Several requests are sent in turn. */
export interface BenchCase {
  readonly name: string
  readonly title: string
  readonly requests: Readonly<Record<ServerName, readonly BenchRequest[]>>
}

const FIELDS = 'version name givenName familyName email jobTitle department decisionRole language createdAt updatedAt'

const QUERIES = {
  contacts: {
    guanxi: `query Contacts { contacts(first: 50) { nodes { id ${FIELDS} account { id name } owner { id name } } pageInfo { hasNextPage endCursor } } }`,
    postgraphile: `query Contacts { contacts: allContacts(first: 50, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) { nodes { id: rowId ${FIELDS}
      account: accountByAccountId { id: rowId name } owner: userByOwnerId { id: rowId name } } pageInfo { hasNextPage endCursor } } }`,
  },
  nested: {
    guanxi: `query Accounts { accounts(first: 20) { nodes { id name type contacts(first: 10) { nodes { id name jobTitle
      activities(first: 3) { nodes { id type subject startedAt } } } } } } }`,
    postgraphile: `query Accounts { accounts: allAccounts(first: 20, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) { nodes { id: rowId name type
      contacts: contactsByAccountId(first: 10, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) { nodes { id: rowId name jobTitle
      activities: activitiesByContactId(first: 3, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) { nodes { id: rowId type subject startedAt } } } } } } }`,
  },
  contact: {
    guanxi: `query Contact($id: ID!) { contact(id: $id) { id ${FIELDS} } }`,
    postgraphile: `query Contact($id: UUID!) { contact: contactByRowId(rowId: $id) { id: rowId ${FIELDS} } }`,
  },
} as const

/** Random contacts that the manager may read; all servers get the same. */
const CONTACTS = 400

export async function benchCases(client: pg.Client, ownerKeys: readonly string[]): Promise<readonly BenchCase[]> {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM contacts WHERE scope_id = ANY ($1) ORDER BY md5(id::text) LIMIT $2', [
    ownerKeys,
    CONTACTS,
  ])
  return [
    {
      name: 'contacts',
      title: '50 contacts, 12 fields, two to-one relations',
      requests: { guanxi: [graphql(QUERIES.contacts.guanxi)], postgraphile: [graphql(QUERIES.contacts.postgraphile)], limit: [get('/contacts')] },
    },
    {
      name: 'nested',
      title: '20 accounts × 10 contacts × 3 activities',
      requests: { guanxi: [graphql(QUERIES.nested.guanxi)], postgraphile: [graphql(QUERIES.nested.postgraphile)], limit: [get('/accounts')] },
    },
    {
      name: 'contact',
      title: 'one contact by id',
      requests: {
        guanxi: rows.map(({ id }) => graphql(QUERIES.contact.guanxi, { id })),
        postgraphile: rows.map(({ id }) => graphql(QUERIES.contact.postgraphile, { id })),
        limit: rows.map(({ id }) => get(`/contact/${id}`)),
      },
    },
  ]
}

function graphql(query: string, variables?: Readonly<Record<string, unknown>>): BenchRequest {
  return { method: 'POST', path: '/graphql', body: JSON.stringify(variables === undefined ? { query } : { query, variables }) }
}

function get(path: string): BenchRequest {
  return { method: 'GET', path }
}
