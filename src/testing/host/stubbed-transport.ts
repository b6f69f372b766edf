import type { Transport } from '../../plugins/host/index.ts'
import type { TestCalls } from '../protocol.ts'

/** Asks the test in the place of the network: no test of a plugin reaches a host. */
export function stubbedTransport(test: TestCalls): Transport {
  return async ({ method, url, headers, body }) => {
    const bytes = body === null ? null : new Uint8Array(typeof body === 'string' ? Buffer.from(body) : body)
    const answer = await test.request({ method, url: url.href, headers: { ...headers }, body: bytes })
    return { status: answer.status, headers: answer.headers, body: once(answer.body), discard: async () => {} }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
