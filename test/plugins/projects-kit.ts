import type { TestClient } from '../support/client.ts'
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
}

export interface Person {
  readonly id: string
  readonly client: TestClient
}

const capital = (name: string): string => name[0]?.toUpperCase() + name.slice(1)

export async function openProjectKit(options: TestServerOptions = {}): Promise<ProjectKit> {
  const server = await startTestServer(options)
  const { admin } = server
  try {
    await step(admin, 'enablePlugin', 'projects')
  } catch (error) {
    await server.close()
    throw error
  }
  const makeAll: ProjectKit['makeAll'] = async (client, module, plural, input) => {
    const create = `create${capital(plural)}`
    const data = await client.data(`mutation ($input: [Create${capital(module)}Input!]!) { ${create}(input: $input) { ${plural} { id } } }`, { input })
    return data[create][plural].map(({ id }: { id: string }) => id)
  }
  return {
    server,
    admin,
    manager: await server.addUser('Manager', 'sales_manager'),
    rep: await server.addUser('Rep', 'sales_rep'),
    colleague: await server.addUser('Colleague', 'service_agent'),
    finance: await server.addUser('Finance', 'finance'),
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
