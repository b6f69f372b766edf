import { type Answer, type AnsweredError, type Connection, connect, type Issue, type Variables } from './connection.ts'
import { type Subscription, subscribe } from './subscription.ts'

/** An operation that a test expected to succeed, or to fail in another way. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer'
  readonly answer: Answer

  constructor(message: string, answer: Answer) {
    super(message)
    this.answer = answer
  }
}

/** One user of a test server, over HTTP and WebSocket. It connects when it is used first. */
export interface TestClient {
  /** Data of a query that must succeed. Throws UnexpectedAnswer where it has errors. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its own query selected
  query<Data = any>(document: string, variables?: Variables): Promise<Data>
  /** Likewise, for a mutation. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its own mutation selected
  mutate<Data = any>(document: string, variables?: Variables): Promise<Data>
  /** The answer as it came, with its errors. */
  send(document: string, variables?: Variables, options?: { readonly headers?: Readonly<Record<string, string>> }): Promise<Answer>
  /** The first error of an operation that must be refused with this code. Throws UnexpectedAnswer where it succeeds, or fails with others. */
  expectError(code: string, document: string, variables?: Variables): Promise<AnsweredError>
  /** What is wrong with the input of an operation that must fail with VALIDATION_FAILED: `input.months: TOO_LONG`, one for each issue. */
  expectIssues(document: string, variables?: Variables): Promise<readonly string[]>
  /**
   * Subscribes over WebSocket. A document that declares `$after: String` is given the place of now, unless the variables hold one: passed on to its field it misses nothing that is
   * written after this call.
   */
  subscribe(document: string, variables?: Variables): Promise<Subscription>
  /** An HTTP request with the user's key, for routes of plugins: `/plugins/warranty/claims.csv`. */
  request(path: string, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

/** What a client connects with: a token, or null for nobody. */
export type Credentials = () => Promise<{ readonly url: string; readonly token: string | null }>

export function createTestClient(credentials: Credentials): TestClient {
  let opened: Promise<Connection> | undefined
  const connection = (): Promise<Connection> => {
    opened ??= credentials().then(({ url, token }) => connect(url, token))
    return opened
  }
  const send: TestClient['send'] = async (document, variables, options) => (await connection()).send(document, variables, options)
  const data = async (document: string, variables?: Variables) => {
    const answer = await send(document, variables)
    if (answer.errors.length > 0 || !answer.data) throw new UnexpectedAnswer(`the operation failed:\n${told(answer)}`, answer)
    return answer.data
  }
  const expectError: TestClient['expectError'] = async (code, document, variables) => {
    const answer = await send(document, variables)
    const [error] = answer.errors
    if (!error) throw new UnexpectedAnswer(`expected ${code}, and the operation succeeded: ${JSON.stringify(answer.data)}`, answer)
    if (answer.errors.some(({ extensions }) => extensions.code !== code)) throw new UnexpectedAnswer(`expected ${code}, and got\n${told(answer)}`, answer)
    return error
  }
  return {
    query: data,
    mutate: data,
    send,
    expectError,
    expectIssues: async (document, variables) => {
      const { extensions } = await expectError('VALIDATION_FAILED', document, variables)
      return ((extensions['issues'] ?? []) as Issue[]).map(({ path, code }) => `${path.join('.')}: ${code}`)
    },
    subscribe: async (document, variables = {}) => {
      const resumes = /\$after\s*:/.test(document) && variables['after'] === undefined
      const after = resumes ? { after: (await data('{ changeCursor }')).changeCursor } : {}
      return subscribe(await connection(), document, { ...variables, ...after })
    },
    request: async (path, init = {}) => {
      const { url, token } = await connection()
      const headers = new Headers(init.headers)
      if (token !== null && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`)
      return fetch(new URL(path, url), { ...init, headers })
    },
    close: async () => {
      const made = await opened?.catch(() => undefined)
      opened = undefined
      await made?.close()
    },
  }
}

function told({ errors }: Answer): string {
  return errors
    .map(({ message, path, extensions }) => {
      const issues = ((extensions['issues'] ?? []) as Issue[]).map((issue) => `\n    ${issue.path.join('.')}: ${issue.code} ${issue.message}`)
      return `  ${extensions.code}${path ? ` at ${path.join('.')}` : ''}: ${message}${issues.join('')}`
    })
    .join('\n')
}
