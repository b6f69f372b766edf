import type { TestClient } from './client.ts'

/** Milliseconds from one request of a client to its next. */
const PACE = 25
/** Accounts that nobody changes, so that what lists and filters answer is known. */
const KEPT = 40

/** Requests of several clients, each answer compared with what it must be. */
export interface SteadyLoad {
  /** Times of the requests since the last call, in milliseconds. */
  take(): readonly number[]
  /** What went wrong so far: the operation and its answer. */
  readonly failures: readonly string[]
  readonly requests: number
  /** Ends it after the requests under way. */
  stop(): Promise<void>
}

const LIST = `query List($after: String) { accounts(filter: {name: {startsWith: "Kept "}}, orderBy: [{name: ASC}], first: 10, after: $after) { totalCount nodes { name steady } } }`
const FIND = 'query Find($name: String!) { accounts(filter: {name: {eq: $name}, steady: {isNull: false}}) { nodes { name steady } } }'
const READ = 'query Read($id: ID!) { account(id: $id) { name steady version } }'
const CREATE = 'mutation Create($input: CreateAccountInput!) { createAccount(input: $input) { account { id name steady version } } }'
const UPDATE = 'mutation Update($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { account { name steady version } } }'
const UPSERT = `mutation Upsert($key: String!, $input: UpsertAccountInput!) { upsertAccount(by: {externalId: {system: "load", key: $key}}, input: $input) { created account { name steady } } }`

const keptName = (index: number) => `Kept ${String(index).padStart(2, '0')}`
const kept = (index: number) => ({ name: keptName(index), steady: `值 ${index}` })

/** Makes the records that the load reads. The module account must have the TEXT field `steady`. */
export async function prepareSteadyLoad(admin: TestClient): Promise<void> {
  await admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', {
    input: Array.from({ length: KEPT }, (_, index) => kept(index)),
  })
}

/** Begins: each client repeats lists, filters, a create, an update, reads of both and an upsert, one request at a time. A second load on one database is another `series`, with upserts of its own. */
export function startSteadyLoad(clients: readonly TestClient[], series = 'first'): SteadyLoad {
  let times: number[] = []
  const failures: string[] = []
  let requests = 0
  let stopped = false

  /** Sends one operation; its data must be what is expected (where a function is given: what it answers for the data). */
  // biome-ignore lint/suspicious/noExplicitAny: each operation has data of its own
  async function ask(client: TestClient, query: string, variables: Record<string, unknown>, expected: (data: any) => unknown): Promise<any> {
    const began = performance.now()
    let answered: unknown
    try {
      const { status, data, errors } = await client.send(query, variables)
      times.push(performance.now() - began)
      answered = { status, data, errors }
      const right = status === 200 && errors.length === 0 && JSON.stringify(data) === JSON.stringify(expected(data))
      if (right) return data
    } catch (error) {
      answered = String((error as Error).cause ?? error)
    } finally {
      requests += 1
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, PACE - (performance.now() - began))))
    }
    failures.push(`${query.split('(')[0]} on ${client.url}: ${JSON.stringify(answered).slice(0, 500)}`)
    return null
  }

  async function run(client: TestClient, number: number): Promise<void> {
    for (let round = 0; !stopped; round += 1) {
      const page = Array.from({ length: 10 }, (_, index) => kept(index))
      await ask(client, LIST, { after: null }, () => ({ accounts: { totalCount: KEPT, nodes: page } }))
      const one = kept((round * 7 + number) % KEPT)
      await ask(client, FIND, { name: one.name }, () => ({ accounts: { nodes: [one] } }))
      const made = { name: `Made ${number} ${round}`, steady: `新 ${round}` }
      const created = await ask(client, CREATE, { input: made }, (data) => ({
        createAccount: { account: { id: data?.createAccount?.account?.id, ...made, version: 1 } },
      }))
      const id = created?.createAccount.account.id
      if (id) {
        const changed = { ...made, steady: `改 ${round}`, version: 2 }
        await ask(client, UPDATE, { id, input: { steady: changed.steady } }, () => ({ updateAccount: { account: changed } }))
        await ask(client, READ, { id }, () => ({ account: changed }))
      }
      const upserted = { name: `Upserted ${number}`, steady: `第 ${round} 次` }
      await ask(client, UPSERT, { key: `${series} ${number}`, input: upserted }, () => ({ upsertAccount: { created: round === 0, account: upserted } }))
    }
  }

  const running = clients.map(run)
  return {
    take: () => {
      const taken = times
      times = []
      return taken
    },
    failures,
    get requests() {
      return requests
    },
    stop: async () => {
      stopped = true
      await Promise.all(running)
    },
  }
}
