import type { TestClient } from './client.ts'
import { eventually } from './guanxi-process.ts'
import type { TestServer } from './server.ts'

/** The plugins that come with the product. */
const PLUGINS = ['contracts', 'projects']

/** Puts them into service, so that what goes for all modules is tried with theirs. */
export async function enablePlugins({ admin, app }: Pick<TestServer, 'admin' | 'app'>): Promise<void> {
  for (const name of PLUGINS) await admin.data('mutation ($name: String!) { enablePlugin(name: $name) { plugin { state } } }', { name })
  // The schema changes with each index that is built.
  const building = { text: `SELECT FROM custom_index WHERE state = 'building'`, purpose: 'platform' } as const
  await eventually(async () => (await app.kernel.database.query(building)).length === 0, 60_000)
  await app.engine.refresh()
}

const usd = (amount: number) => ({ amount: `${amount}.00`, currency: 'USD' })
const capital = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}`

/** Contracts and projects on the accounts of the demo data, of the owners of these, with what belongs to them; the same each time. */
export async function fillPlugins(admin: TestClient): Promise<void> {
  const makeAll = async (module: string, plural: string, input: readonly object[]): Promise<readonly string[]> => {
    const create = `create${capital(plural)}`
    const document = `mutation ($input: [Create${capital(module)}Input!]!) { made: ${create}(input: $input) { ${plural} { id } } }`
    return (await admin.data(document, { input })).made[plural].map(({ id }: { id: string }) => id)
  }
  const { accounts } = await admin.data('{ accounts(first: 24, orderBy: [{name: ASC}]) { nodes { id name owner { id } } } }')
  const nodes = accounts.nodes as { id: string; name: string; owner: { id: string } | null }[]
  const each = <T>(make: (node: { id: string; name: string; owner: object }, index: number) => T): T[] =>
    nodes.map(({ id, name, owner }, index) => make({ id, name, owner: owner ? { owner: { id: owner.id } } : {} }, index))

  const contracts = await makeAll(
    'contract',
    'contracts',
    each(({ id, name, owner }, index) => ({
      ...owner,
      title: `Supply of ${name}`,
      account: { id },
      amount: usd(1_000 + 70 * index),
      startsAt: '2026-04-01',
      endsAt: '2027-03-31',
      notes: `Agreed with ${name}`,
    })),
  )
  const ofContract = (index: number) => ({ contract: { id: contracts[index] as string } })
  await makeAll(
    'contractParty',
    'contractParties',
    each(({ id, name }, index) => ({ ...ofContract(index), name, account: { id }, signatory: `Signs ${index}` })),
  )
  await makeAll(
    'contractInstalment',
    'contractInstalments',
    each((_, index) => ({ ...ofContract(index), title: `First ${index}`, dueAt: '2026-05-01', amount: usd(100 + 3 * index) })),
  )
  const projects = await makeAll(
    'project',
    'projects',
    each(({ id, name, owner }, index) => ({
      ...owner,
      name: `Works for ${name}`,
      description: `Plan ${index}`,
      account: { id },
      budget: usd(900 + 11 * index),
    })),
  )
  const ofProject = (index: number) => ({ project: { id: projects[index] as string } })
  await makeAll(
    'projectMilestone',
    'projectMilestones',
    each((_, index) => ({ ...ofProject(index), name: `Gate ${index}`, dueOn: '2026-06-01' })),
  )
  await makeAll(
    'projectExpense',
    'projectExpenses',
    each(({ owner }, index) => ({ ...owner, ...ofProject(index), name: `Steel ${index}`, amount: usd(40 + index) })),
  )
  await makeAll(
    'projectTemplate',
    'projectTemplates',
    [1, 2, 3].map((index) => ({ name: `Template ${index}` })),
  )
}
