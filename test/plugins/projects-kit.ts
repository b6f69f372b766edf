import { createTestClient, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts'
import { step } from './kit.ts'

/** A server with the plugin `projects`, and people of all roles that have to do with projects. */
export interface ProjectKit {
  readonly server: TestServer
  readonly admin: TestClient
  readonly manager: Person
  readonly rep: Person
  readonly colleague: Person
  readonly finance: Person
  /** Makes a record of a module; answers its id. */
  make(client: TestClient, module: string, input: object): Promise<string>
  makeAll(client: TestClient, module: string, plural: string, input: readonly object[]): Promise<readonly string[]>
  change(client: TestClient, module: string, id: string, input: object): ReturnType<TestClient['send']>
  /** Fields of a project as the client reads them. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its own query selected
  project(id: string, fields: string, client?: TestClient): Promise<any>
  close(): Promise<void>
}

export interface Person {
  readonly id: string
  readonly client: TestClient
}

const capital = (name: string): string => name[0]?.toUpperCase() + name.slice(1)

/** All callers have API keys: the test clock leaps, and sessions end. */
export async function openProjectKit(options: TestServerOptions = {}): Promise<ProjectKit> {
  const server = await startTestServer(options)
  const clients: TestClient[] = []
  const close = async () => {
    for (const client of clients) await client.close()
    await server.close()
  }
  const withKey = async (client: TestClient, roleKey: string): Promise<TestClient> => {
    const { createApiKey } = await client.data('mutation ($role: String!) { createApiKey(input: {name: "test", roleKey: $role}) { secret } }', {
      role: roleKey,
    })
    const made = createTestClient(server.url, createApiKey.secret)
    clients.push(made)
    return made
  }
  const person = async (name: string, role: string): Promise<Person> => {
    const { id, client } = await server.addUser(name, role)
    return { id, client: await withKey(client, role) }
  }
  try {
    const admin = await withKey(server.admin, 'admin')
    const people = {
      manager: await person('Manager', 'sales_manager'),
      rep: await person('Rep', 'sales_rep'),
      colleague: await person('Colleague', 'service_agent'),
      finance: await person('Finance', 'finance'),
    }
    await step(admin, 'enablePlugin', 'projects')
    return { server, admin, ...people, ...recordCalls(admin), close }
  } catch (error) {
    await close()
    throw error
  }
}

function recordCalls(admin: TestClient): Pick<ProjectKit, 'make' | 'makeAll' | 'change' | 'project'> {
  const makeAll: ProjectKit['makeAll'] = async (client, module, plural, input) => {
    const create = `create${capital(plural)}`
    const data = await client.data(`mutation ($input: [Create${capital(module)}Input!]!) { ${create}(input: $input) { ${plural} { id } } }`, { input })
    return data[create][plural].map(({ id }: { id: string }) => id)
  }
  return {
    makeAll,
    make: async (client, module, input) => {
      const create = `create${capital(module)}`
      const data = await client.data(`mutation ($input: ${capital(create)}Input!) { ${create}(input: $input) { ${module} { id } } }`, { input })
      return data[create][module].id
    },
    change: (client, module, id, input) =>
      client.send(`mutation ($id: ID!, $input: Update${capital(module)}Input!) { update${capital(module)}(id: $id, input: $input) { changeSetId } }`, {
        id,
        input,
      }),
    project: async (id, fields, client = admin) => (await client.data(`query ($id: ID!) { project(id: $id) { ${fields} } }`, { id })).project,
  }
}
