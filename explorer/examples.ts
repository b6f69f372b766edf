/** An operation that the page offers. */
export interface Example {
  readonly title: string
  readonly kind: 'query' | 'mutation' | 'subscription'
  /** Keys of the roles that it is of use to; left out: to everybody. */
  readonly roles?: readonly string[]
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
}

const SALES = ['sales_rep', 'sales_manager', 'admin']
const MARKETING = ['marketing', 'admin']
const SERVICE = ['service_agent', 'admin']
const FINANCE = ['finance', 'admin']
const READERS = ['read_only', 'admin']
const ADMINISTRATORS = ['admin']

/** Each runs without an error for each of its roles, on the demo data and on an empty database. Mutations are dry runs: they change nothing until `dryRun` is taken out. */
export const EXAMPLES: readonly Example[] = [
  {
    title: 'Who am I?',
    kind: 'query',
    query: `# Ctrl-Enter runs it.
query WhoAmI {
  me {
    id
    name
    email
    roles {
      key
    }
  }
}
`,
  },
  {
    title: 'What may I see and do?',
    kind: 'query',
    query: `query Modules {
  modules {
    name
    pluralName
    label
    actions
  }
}
`,
  },
  {
    title: 'Products by category',
    kind: 'query',
    query: `query Products($first: Int = 10) {
  products(first: $first, orderBy: [{ category: { name: ASC } }, { name: ASC }]) {
    totalCount
    nodes {
      name
      category {
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
    variables: { first: 10 },
  },
  {
    title: 'Customers with their contacts',
    kind: 'query',
    roles: [...SALES, 'marketing', 'service_agent'],
    query: `query Customers($search: String) {
  accounts(first: 10, search: $search, filter: { type: { eq: "customer" } }, orderBy: [{ name: ASC }]) {
    totalCount
    nodes {
      id
      name
      phone {
        e164
      }
      contacts(first: 3) {
        nodes {
          name
          email
        }
      }
    }
  }
}
`,
  },
  {
    title: 'Open opportunities, the next to close first',
    kind: 'query',
    roles: SALES,
    query: `query OpenOpportunities {
  opportunities(first: 10, filter: { status: { eq: "open" } }, orderBy: [{ expectedCloseDate: ASC }]) {
    totalCount
    nodes {
      name
      stage {
        name
      }
      account {
        name
      }
      amount {
        amount
        currency
      }
      expectedCloseDate
    }
  }
}
`,
  },
  {
    title: 'The pipeline by stage',
    kind: 'query',
    roles: SALES,
    query: `query Pipeline {
  opportunitiesAggregate(groupBy: [{ stage: { name: true } }]) {
    key
    count
    sum {
      amount {
        amount
        currency
      }
    }
  }
}
`,
  },
  {
    title: 'A new task, as a dry run',
    kind: 'mutation',
    roles: ['sales_rep', 'sales_manager', 'marketing', 'service_agent', 'finance', 'admin'],
    query: `mutation NewTask($input: CreateTaskInput!) {
  createTask(input: $input, dryRun: true) {
    task {
      title
      priority
      status
      dueAt
    }
  }
}
`,
    variables: { input: { title: 'Call back', priority: 'high', dueAt: '2030-01-31T09:00:00Z' } },
  },
  {
    title: 'Changes of opportunities, live',
    kind: 'subscription',
    roles: SALES,
    query: `subscription OpportunityChanges {
  opportunityChanged {
    cursor
    operation
    changedFields
    actor {
      name
    }
    opportunity {
      name
      status
    }
  }
}
`,
  },
  {
    title: 'Changes of accounts, live',
    kind: 'subscription',
    roles: [...FINANCE, 'sales_rep', 'sales_manager', 'marketing', 'service_agent', 'read_only'],
    query: `subscription AccountChanges {
  accountChanged {
    cursor
    operation
    changedFields
    account {
      name
    }
  }
}
`,
  },
  {
    title: 'Leads by status',
    kind: 'query',
    roles: MARKETING,
    query: `query LeadsByStatus {
  leadsAggregate(groupBy: [{ status: true }]) {
    key
    count
  }
}
`,
  },
  {
    title: 'The latest leads',
    kind: 'query',
    roles: MARKETING,
    query: `query LatestLeads {
  leads(first: 10) {
    totalCount
    nodes {
      name
      company
      email
      status
      createdAt
    }
  }
}
`,
  },
  {
    title: 'A lead that is made or updated, as a dry run',
    kind: 'mutation',
    roles: MARKETING,
    query: `mutation Lead($by: LeadUniqueInput!, $input: UpsertLeadInput!) {
  upsertLead(by: $by, input: $input, dryRun: true) {
    created
    lead {
      name
      email
      externalIds {
        system
        key
      }
    }
  }
}
`,
    variables: { by: { externalId: { system: 'fair', key: '2030-17' } }, input: { name: 'Visitor of the stand', email: 'visitor@example.com' } },
  },
  {
    title: 'Changes of leads, live',
    kind: 'subscription',
    roles: MARKETING,
    query: `subscription LeadChanges {
  leadChanged {
    cursor
    operation
    changedFields
    lead {
      name
      status
    }
  }
}
`,
  },
  {
    title: 'Open tickets, the most urgent first',
    kind: 'query',
    roles: SERVICE,
    query: `query OpenTickets {
  tickets(first: 10, filter: { status: { in: ["new", "open", "pending"] } }, orderBy: [{ priority: DESC }, { createdAt: ASC }]) {
    totalCount
    nodes {
      number
      subject
      status
      priority
      assignee {
        name
      }
      account {
        name
      }
    }
  }
}
`,
  },
  {
    title: 'Tickets by status and priority',
    kind: 'query',
    roles: SERVICE,
    query: `query TicketsByStatus {
  ticketsAggregate(groupBy: [{ status: true }, { priority: true }]) {
    key
    count
  }
}
`,
  },
  {
    title: 'A new ticket, as a dry run',
    kind: 'mutation',
    roles: SERVICE,
    query: `mutation NewTicket($input: CreateTicketInput!) {
  createTicket(input: $input, dryRun: true) {
    ticket {
      number
      subject
      status
      assignee {
        name
      }
    }
  }
}
`,
    variables: { input: { subject: 'A parcel did not arrive', priority: 'high' } },
  },
  {
    title: 'Changes of tickets, live',
    kind: 'subscription',
    roles: SERVICE,
    query: `subscription TicketChanges {
  ticketUpdated {
    cursor
    operation
    changedFields
    ticket {
      number
      subject
      status
    }
  }
}
`,
  },
  {
    title: 'Orders by month',
    kind: 'query',
    roles: [...FINANCE, 'sales_manager'],
    query: `query OrdersByMonth {
  ordersAggregate(groupBy: [{ orderedAt: MONTH }], first: 12, timeZone: "Europe/Berlin") {
    key
    count
    sum {
      total {
        amount
        currency
      }
    }
  }
}
`,
  },
  {
    title: 'Accounts and their credit',
    kind: 'query',
    roles: FINANCE,
    query: `query Credit {
  accounts(first: 10, orderBy: [{ name: ASC }]) {
    nodes {
      name
      paymentTerms
      creditLimit {
        amount
        currency
      }
    }
  }
}
`,
  },
  {
    title: 'Search in accounts',
    kind: 'query',
    roles: READERS,
    query: `query Search($search: String!) {
  accounts(search: $search, first: 10) {
    totalCount
    nodes {
      id
      name
      viewerAccess {
        actions
        maskedFields
      }
    }
  }
}
`,
    variables: { search: 'market' },
  },
  {
    title: 'Accounts by type and month',
    kind: 'query',
    roles: READERS,
    query: `query AccountsByType {
  accountsAggregate(groupBy: [{ type: true }, { createdAt: MONTH }]) {
    key
    count
  }
}
`,
  },
  {
    title: 'Roles and their rights',
    kind: 'query',
    roles: ADMINISTRATORS,
    query: `query Roles {
  roles {
    key
    name
    grants {
      module
      actions
      scope
    }
  }
}
`,
  },
  {
    title: 'A new field of accounts, as a dry run',
    kind: 'mutation',
    roles: ADMINISTRATORS,
    query: `mutation NewField($input: CreateCustomFieldInput!) {
  createCustomField(input: $input, dryRun: true) {
    field {
      name
      type
      state
    }
    schemaVersion
  }
}
`,
    variables: {
      input: { module: 'account', name: 'loyaltyLevel', type: 'SELECT', label: 'Loyalty level', options: [{ value: 'silver' }, { value: 'gold' }] },
    },
  },
  {
    title: 'Changes of the schema, live',
    kind: 'subscription',
    roles: ADMINISTRATORS,
    query: `subscription SchemaChanges {
  schemaChanged {
    schemaVersion
  }
}
`,
  },
  {
    title: 'Plugins',
    kind: 'query',
    roles: ADMINISTRATORS,
    query: `query Plugins {
  plugins {
    name
    version
    state
  }
}
`,
  },
]

/** What the page offers to whoever has these roles; what is for everybody stands first. */
export function examplesFor(roles: readonly string[]): readonly Example[] {
  return EXAMPLES.filter((example) => example.roles === undefined || example.roles.some((role) => roles.includes(role)))
}
