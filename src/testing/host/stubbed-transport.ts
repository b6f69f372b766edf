import type { TestCalls } from '../protocol.ts'

/** A request of a plugin as it would go out. */
interface OutboundRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
  readonly signal: AbortSignal
}

interface OutboundAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Uint8Array>
  discard(): Promise<void>
}

/** Asks the test in the place of the network: no test of a plugin reaches a host. */
export function stubbedTransport(test: TestCalls): (request: OutboundRequest) => Promise<OutboundAnswer> {
  return async ({ method, url, headers, body }) => {
    const bytes = body === null ? null : new Uint8Array(Buffer.from(body as Uint8Array))
    const answer = await test.request({ method, url: url.href, headers: { ...headers }, body: bytes })
    return { status: answer.status, headers: answer.headers, body: once(answer.body), discard: async () => {} }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
