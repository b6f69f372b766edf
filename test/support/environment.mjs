import { setTimeout as delay } from 'node:timers/promises'
import { TestEnvironment } from 'jest-environment-node'

/** Kinds of Node resources that a test file must not leave behind. */
const WATCHED = new Set(['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'ProcessWrap', 'Timeout', 'FSEventWrap', 'UDPWrap', 'MessagePort'])
const GRACE_MS = 2_000

function openResources() {
  const counts = new Map()
  for (const kind of process.getActiveResourcesInfo()) if (WATCHED.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/** A Node environment that fails the test file when sockets, servers, child processes or timers stay open behind its last test. */
export default class LeakCheckingEnvironment extends TestEnvironment {
  #before = new Map()
  #path

  constructor(config, context) {
    super(config, context)
    this.#path = context.testPath
  }

  async setup() {
    await super.setup()
    this.#before = openResources()
  }

  async teardown() {
    const deadline = Date.now() + GRACE_MS
    let left = this.#left()
    while (left.length > 0 && Date.now() < deadline) {
      await delay(20)
      left = this.#left()
    }
    await super.teardown()
    if (left.length > 0) throw new Error(`${this.#path} leaves open: ${left.join(', ')}. Close what the tests opened.`)
  }

  #left() {
    return [...openResources()]
      .filter(([kind, count]) => count > (this.#before.get(kind) ?? 0))
      .map(([kind, count]) => `${count - (this.#before.get(kind) ?? 0)} ${kind}`)
  }
}
