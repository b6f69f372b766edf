import type { TestClient } from './test-client.ts'

/** A record that a fixture has made. It stands for itself where another one refers to it: `{account}`. */
export interface MadeRecord {
  readonly id: string
}

type Values = Readonly<Record<string, unknown>>

interface By {
  /** Who makes it, and owns it; the administrator unless given. */
  readonly as?: TestClient
}

/** Makes a record; what is not given and must be there is made up. Values are those of the API's input. */
export type Fixture = (values?: Values, by?: By) => Promise<MadeRecord>

/** Records for a test to begin with. */
export interface Fixtures {
  readonly account: Fixture
  readonly contact: Fixture
  readonly lead: Fixture
  /** In an open stage unless `stage` is given. */
  readonly opportunity: Fixture
  /** In a pipeline that all of them share unless `pipeline` is given; `category`: `open` unless given, `won` or `lost`. */
  readonly stage: Fixture
  readonly order: Fixture
  readonly product: Fixture
  readonly task: Fixture
  readonly ticket: Fixture
  readonly activity: Fixture
  /** Due in an hour unless `dueAt` is given. */
  readonly reminder: Fixture
  /** A record of any module, also one of a plugin: `create('warrantyClaim', {title: 'Broken'})`. Nothing is made up. */
  create(module: string, values: Values, by?: By): Promise<MadeRecord>
  /** Several records of a module, in one transaction. */
  createAll(module: string, values: readonly Values[], by?: By): Promise<readonly MadeRecord[]>
}

/** At most so many records in one mutation. */
const BATCH = 1_000

export function createFixtures(administrator: TestClient, now: () => Date): Fixtures {
  const count = new Map<string, number>()
  const named = (what: string): string => {
    const next = (count.get(what) ?? 0) + 1
    count.set(what, next)
    return `${what} ${next}`
  }
  const create: Fixtures['create'] = async (module, values, { as = administrator } = {}) => {
    const type = capitalised(module)
    const data = await as.mutate(`mutation ($input: Create${type}Input!) { create${type}(input: $input) { ${module} { id } } }`, { input: values })
    return { id: data[`create${type}`][module].id }
  }
  const fixture =
    (module: string, defaults: (values: Values, by?: By) => Promise<Values> | Values): Fixture =>
    async (values = {}, by) =>
      create(module, { ...(await defaults(values, by)), ...values }, by)
  // The administrator's, whoever needs them: others may not make pipelines.
  let pipeline: Promise<MadeRecord> | undefined
  let open: Promise<MadeRecord> | undefined
  const stage = fixture('stage', async (values) => {
    pipeline ??= create('pipeline', { name: 'Sales' })
    return { name: named('Stage'), pipeline: values['pipeline'] ?? (await pipeline), category: 'open' }
  })
  const openStage = (): Promise<MadeRecord> => {
    open ??= stage()
    return open
  }
  const account = fixture('account', () => ({ name: named('Account') }))
  return {
    account,
    contact: fixture('contact', () => ({ name: named('Contact') })),
    lead: fixture('lead', () => ({ name: named('Lead') })),
    product: fixture('product', () => ({ name: named('Product') })),
    task: fixture('task', () => ({ title: named('Task') })),
    ticket: fixture('ticket', () => ({ subject: named('Ticket') })),
    activity: fixture('activity', () => ({ type: 'note', subject: named('Activity') })),
    reminder: fixture('reminder', () => ({ subject: named('Reminder'), dueAt: new Date(now().getTime() + 3_600_000).toISOString() })),
    stage,
    opportunity: fixture('opportunity', async (values, by) => ({
      name: named('Opportunity'),
      account: values['account'] ?? (await account({}, by)),
      stage: values['stage'] ?? (await openStage()),
    })),
    order: fixture('order', async (values, by) => ({ account: values['account'] ?? (await account({}, by)) })),
    create,
    createAll: async (module, values, { as = administrator } = {}) => {
      const made: MadeRecord[] = []
      for (let from = 0; from < values.length; from += BATCH) made.push(...(await createBatch(as, module, values.slice(from, from + BATCH))))
      return made
    },
  }
}

async function createBatch(client: TestClient, module: string, input: readonly Values[]): Promise<readonly MadeRecord[]> {
  const found = await client.query('query ($module: String!) { module(name: $module) { pluralName } }', { module })
  if (!found.module) throw new Error(`There is no module named ${module}.`)
  const { pluralName } = found.module as { pluralName: string }
  const mutation = `create${capitalised(pluralName)}`
  const data = await client.mutate(`mutation ($input: [Create${capitalised(module)}Input!]!) { ${mutation}(input: $input) { ${pluralName} { id } } }`, {
    input,
  })
  return data[mutation][pluralName]
}

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
