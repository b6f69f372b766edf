import type { TestCalls } from './protocol.ts'

/** Answers a request of a plugin in the place of a host. */
export type StubbedHost = (request: Request) => Response | Promise<Response>

/** The hosts that plugins reach from a test server: those that the test stands in for, and no others. */
export interface StubbedHosts {
  /** Answers for a host from now on: `api.example.com`, with its port where that is not the usual one. */
  stub(host: string, answer: StubbedHost): void
  /** Requests that plugins have made, in order, also those that no stub answered. */
  readonly requests: readonly Request[]
}

export function createStubbedHosts(given: Readonly<Record<string, StubbedHost>>): StubbedHosts & TestCalls {
  const stubs = new Map(Object.entries(given))
  const requests: Request[] = []
  return {
    requests,
    stub: (host, answer) => void stubs.set(host, answer),
    request: async ({ method, url, headers, body }) => {
      const request = new Request(url, { method, headers: { ...headers }, ...(body && { body: Buffer.from(body) }) })
      requests.push(request.clone())
      const { host } = new URL(url)
      const stub = stubs.get(host)
      if (!stub) throw new Error(`the test stands in for no host ${host}; give it to startTestServer as one of \`hosts\``)
      const answer = await stub(request)
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body: new Uint8Array(await answer.arrayBuffer()) }
    },
  }
}
