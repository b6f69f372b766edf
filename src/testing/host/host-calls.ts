import { createDisposal } from '../../composition/disposal.ts'
import type { HostCalls, StartRequest, TestCalls } from '../protocol.ts'
import { openThrowawayDatabase } from './cluster-cache.ts'
import { openServerDatabase } from './databases.ts'
import type { ServedTest } from './serve.ts'
import { templateKey } from './template-key.ts'
import { makeTemplate } from './templates.ts'
import { testEnvironment } from './test-environment.ts'

/** What a test may ask of its server. One server a process. */
export function createHostCalls(test: TestCalls): HostCalls {
  const disposal = createDisposal()
  let starting: Promise<ServedTest> | undefined
  let served: ServedTest | undefined
  let stopping: Promise<void> | undefined
  const running = (): ServedTest => {
    if (!served || stopping) throw new Error('The test server does not run.')
    return served
  }
  const start = async (request: StartRequest): Promise<ServedTest> => {
    process.chdir(request.directory)
    // Loaded beside the start of the database.
    const program = import('./serve.ts')
    program.catch(() => {})
    const database = await openDatabase(request)
    disposal.add(database.close)
    const made = await (await program).serve(request, database.url, test)
    disposal.add(made.close)
    return made
  }
  const stop = async (): Promise<void> => {
    await starting?.catch(() => {})
    await disposal.run()
  }
  return {
    start: async (request) => {
      starting = start(request)
      served = await starting
      return served.started
    },
    addUser: (...values) => running().addUser(...values),
    setClock: (...values) => running().setClock(...values),
    settle: (patience) => running().settle(patience),
    beginStatements: async () => running().beginStatements(),
    endStatements: async () => running().endStatements(),
    emails: async () => running().emails(),
    logs: async () => running().logs(),
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

function openDatabase({ template }: StartRequest) {
  const fill = (url: string): Promise<void> => makeTemplate(template, url, { ...testEnvironment(), DEMO: '1' })
  const server = process.env.TEST_DATABASE_URL
  return server ? openServerDatabase(server, templateKey(template), fill) : openThrowawayDatabase(templateKey(template), fill)
}
