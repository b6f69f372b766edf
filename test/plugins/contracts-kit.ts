import { type Answer, createTestClient, issuesOf, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { eventually, step } from './kit.ts'

/** A server with the plugin contracts, on a clock that a test moves, and people in roles. */
export interface ContractDesk {
  readonly server: TestServer
  readonly admin: TestClient
  readonly manager: TestClient
  readonly rep: TestClient
  readonly otherRep: TestClient
  readonly finance: TestClient
  readonly agent: TestClient
  readonly reader: TestClient
  readonly marketing: TestClient
  /** An account of `rep`. */
  readonly account: string
  readonly ids: Readonly<Record<'manager' | 'rep' | 'otherRep' | 'finance', string>>
  /** Moves the clock, RFC 3339. */
  setClock(at: string): void
  /** Moves the clock, and waits until the timetable of the plugin has run for that moment. */
  runTo(at: string): Promise<void>
  /** A contract of `rep` in draft; answers its id. */
  draft(input?: object, client?: TestClient): Promise<string>
  /** Likewise, signed on the day of the clock, approved where its amount asks for it. */
  signed(input?: object): Promise<string>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it has selected
  contract(id: string, fields: string, client?: TestClient): Promise<any>
  set(client: TestClient, id: string, input: object): Promise<readonly string[]>
  /** Issues of a create of a part; empty where it was made. */
  add(client: TestClient, module: string, input: object): Promise<readonly string[]>
  /** Id of a part that is made. */
  make(client: TestClient, module: string, input: object): Promise<string>
  close(): Promise<void>
}

export const usd = (amount: string) => ({ amount, currency: 'USD' })

export const typeOf = (module: string): string => module[0]?.toUpperCase() + module.slice(1)

export function updateOf(module: string): string {
  return `mutation ($id: ID!, $input: Update${typeOf(module)}Input!) { update${typeOf(module)}(id: $id, input: $input) { changeSetId } }`
}

export function createOf(module: string): string {
  return `mutation ($input: Create${typeOf(module)}Input!) { create${typeOf(module)}(input: $input) { ${module} { id } } }`
}

/** Issues, or codes of errors that have none. */
export function refusalsOf(answer: Answer): readonly string[] {
  const issues = issuesOf(answer)
  return issues.length > 0 ? issues : answer.errors.map(({ extensions }) => String(extensions?.code))
}

export interface ContractDeskOptions {
  readonly settings?: object
  readonly now?: string
}

/** Call `close` in `afterAll`. */
export async function openContractDesk({ settings, now = '2026-03-02T10:00:00Z' }: ContractDeskOptions = {}): Promise<ContractDesk> {
  const clock = { now: Date.parse(now) }
  const server = await startTestServer({ environment: { GUANXI_ROLE: 'all', ORGANISATION_CURRENCY: 'USD' }, now: () => new Date(clock.now) })
  try {
    return await furnish(server, clock, settings)
  } catch (error) {
    await server.close()
    throw error
  }
}

async function furnish(server: TestServer, clock: { now: number }, settings: object | undefined): Promise<ContractDesk> {
  const keys: TestClient[] = []
  // Sessions end when the clock is moved, keys do not.
  const withKey = async (client: TestClient, roleKey: string): Promise<TestClient> => {
    const { createApiKey } = await client.data('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }', {
      input: { name: 'k', roleKey },
    })
    const made = createTestClient(server.url, createApiKey.secret)
    keys.push(made)
    return made
  }
  const admin = await withKey(server.admin, 'admin')
  await step(admin, 'enablePlugin', 'contracts')
  if (settings)
    await admin.data('mutation ($settings: JSON!) { updatePluginSettings(name: "contracts", settings: $settings) { plugin { name } } }', { settings })
  const team = (await admin.data('mutation { createTeam(input: {name: "Sales"}) { team { id } } }')).createTeam.team.id
  const add = async (name: string, role: string, inTeam = false) => {
    const user = await server.addUser(name, role)
    if (inTeam) await admin.data('mutation ($id: ID!, $team: ID!) { updateUser(id: $id, input: {team: {id: $team}}) { changeSetId } }', { id: user.id, team })
    return { id: user.id, client: await withKey(user.client, role) }
  }
  const manager = await add('Manager', 'sales_manager', true)
  const rep = await add('Rep', 'sales_rep', true)
  const otherRep = await add('Other rep', 'sales_rep', true)
  const finance = await add('Finance', 'finance')
  const agent = await add('Agent', 'service_agent')
  const reader = await add('Reader', 'read_only')
  const marketing = await add('Marketing', 'marketing')
  const account = (await rep.client.data('mutation { createAccount(input: {name: "Wheels Ltd"}) { account { id } } }')).createAccount.account.id
  const make = async (client: TestClient, module: string, input: object): Promise<string> =>
    (await client.data(createOf(module), { input }))[`create${typeOf(module)}`][module].id
  const draft = (input: object = {}, client = rep.client) =>
    make(client, 'contract', {
      title: 'Supply of wheels',
      account: { id: account },
      amount: usd('5000'),
      startsAt: '2026-03-01',
      endsAt: '2026-12-31',
      ...input,
    })
  const set = async (client: TestClient, id: string, input: object) => refusalsOf(await client.send(updateOf('contract'), { id, input }))
  const must = async (client: TestClient, id: string, input: object) => void (await client.data(updateOf('contract'), { id, input }))
  const contract = async (id: string, fields: string, client = admin) =>
    (await client.data(`query ($id: ID!) { contract(id: $id) { ${fields} } }`, { id })).contract
  return {
    server,
    admin,
    manager: manager.client,
    rep: rep.client,
    otherRep: otherRep.client,
    finance: finance.client,
    agent: agent.client,
    reader: reader.client,
    marketing: marketing.client,
    account,
    ids: { manager: manager.id, rep: rep.id, otherRep: otherRep.id, finance: finance.id },
    setClock: (at) => {
      clock.now = Date.parse(at)
    },
    runTo: async (at) => {
      clock.now = Date.parse(at)
      const moment = Math.floor((clock.now - 60_000) / 900_000) * 900_000 + 60_000
      const isDone = async () => {
        const [row] = await server.app.kernel.database.query<{ done: boolean }>({
          text: `SELECT (SELECT last_at >= $1 FROM plugin_timetable WHERE plugin = 'contracts' AND job = 'followDates')
            AND NOT EXISTS (SELECT FROM graphile_worker._private_jobs WHERE key LIKE 'plugin contracts followDates%') AS done`,
          values: [new Date(moment)],
          purpose: 'background',
        })
        return row?.done === true
      }
      await eventually(isDone, 40_000)
    },
    draft,
    signed: async (input = {}) => {
      const id = await draft(input)
      await must(rep.client, id, { status: 'in_approval' })
      const { missingApprovals } = await contract(id, 'missingApprovals')
      for (const role of missingApprovals)
        await make(role === 'finance' ? finance.client : manager.client, 'contractApproval', { contract: { id }, verdict: 'approved' })
      await must(rep.client, id, { status: 'signed' })
      return id
    },
    contract,
    set,
    make,
    add: async (client, module, input) => refusalsOf(await client.send(createOf(module), { input })),
    close: async () => {
      for (const key of keys) await key.close()
      await server.close()
    },
  }
}
