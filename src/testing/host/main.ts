/**
 * The process of one test server: PostgreSQL, the whole product with the plugins, and what a test asks of them. It ends when the test process lets go of it or ends.
 */
import module from 'node:module'
import { openChannel } from '../channel.ts'
import type { Message, TestCalls } from '../protocol.ts'
import { createHostCalls } from './host-calls.ts'

// Keeps compiled code between starts, where this Node can (22.1 and newer).
;(module as { enableCompileCache?: () => unknown }).enableCompileCache?.()

// Ctrl-C reaches the whole process group; the test process decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

const port = {
  send: (message: Message) => void (process.connected && process.send?.(message)),
  listen: (hear: (message: Message) => void) => void process.on('message', (message) => hear(message as Message)),
}
const test: TestCalls = { request: (request) => channel.call('request', request) as ReturnType<TestCalls['request']> }
const calls = createHostCalls(test)
const channel = openChannel(port, { ...calls })

process.on('disconnect', () => {
  channel.close('The test process has ended.')
  void calls.stop().finally(() => process.exit(0))
})
