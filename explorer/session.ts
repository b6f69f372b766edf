/** Who is signed in on this page. */
export interface Session {
  readonly accessToken: string
  /** Held in memory alone: a page that is loaded again goes on with the access token until that ends. */
  readonly refreshToken: string | null
  /** End of the access token, in milliseconds since the epoch. */
  readonly expiresAt: number
  readonly name: string
  readonly email: string
  readonly roles: readonly string[]
}

/** A demo user whom one click signs in. */
export interface DemoUser {
  readonly email: string
  readonly name: string
  readonly roles: readonly string[]
}

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAt: string
}

interface Answer {
  // What the page's own operations select.
  readonly data?: { readonly signIn?: Tokens; readonly refreshSession?: Tokens; readonly me?: Me } | null
  readonly errors?: readonly { readonly message: string }[]
}

interface Me {
  readonly name: string
  readonly email: string
  readonly roles: readonly { readonly key: string }[]
}

/** Where the operations of this page go. */
export const ENDPOINT = new URL(location.pathname, location.href).href
const DEMO_SESSIONS = `${ENDPOINT}/explorer/demo-sessions`

const KEPT = 'guanxi:session'
/** Milliseconds before its end at which an access token is traded for the next one. */
const MARGIN = 30_000
const ENDED = 'Your session has ended. Sign in again.'

/** The session of this page: sign-in, fresh tokens, and the end. */
export class SessionStore {
  #session: Session | null = restored()
  #notice: string | null = null
  #refreshing: Promise<void> | null = null
  readonly #listeners = new Set<() => void>()

  get current(): Session | null {
    return this.#session
  }

  /** Why there is no session any more; null where nobody need be told. */
  get notice(): string | null {
    return this.#notice
  }

  /** Calls whenever somebody signs in or out; answers an unsubscribe function. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Demo users that this server lets sign in by one click; none where it does not. */
  async demoUsers(): Promise<readonly DemoUser[]> {
    const response = await fetch(DEMO_SESSIONS, { headers: { accept: 'application/json' } })
    return response.ok ? ((await response.json()) as { users: DemoUser[] }).users : []
  }

  /** Throws an Error with the server's words where they are refused. */
  async signIn(email: string, password: string): Promise<void> {
    const query = 'mutation SignIn($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken expiresAt } }'
    await this.#open((await post({ query, variables: { input: { email, password } } })).signIn)
  }

  /** As signIn; the password stays on the server. */
  async signInAsDemoUser(email: string): Promise<void> {
    const response = await fetch(DEMO_SESSIONS, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email }) })
    const answer = (await response.json()) as Tokens & Answer
    if (!response.ok) throw new Error(answer.errors?.[0]?.message ?? `The server answered ${response.status}.`)
    await this.#open(answer)
  }

  /** An access token that is good for a while; null where nobody is signed in. */
  async token(): Promise<string | null> {
    const session = this.#session
    if (session !== null && session.refreshToken !== null && session.expiresAt - Date.now() < MARGIN) {
      this.#refreshing ??= this.#refresh(session, session.refreshToken).finally(() => {
        this.#refreshing = null
      })
      await this.#refreshing
    }
    return this.#session?.accessToken ?? null
  }

  /** Ends the session here and on the server. */
  async signOut(): Promise<void> {
    const token = await this.token()
    this.#set(null)
    if (token !== null) await post({ query: 'mutation SignOut { signOut }' }, token).catch(() => {})
  }

  /** The server takes the token no more. */
  end(): void {
    this.#set(null, ENDED)
  }

  async #open(tokens: Tokens | undefined): Promise<void> {
    if (!tokens) throw new Error('The server opened no session.')
    const { me } = await post({ query: 'query Me { me { name email roles { key } } }' }, tokens.accessToken)
    if (!me) throw new Error('The server does not say who has signed in.')
    this.#set({ ...ofTokens(tokens), name: me.name, email: me.email, roles: me.roles.map(({ key }) => key) })
  }

  async #refresh(session: Session, refreshToken: string): Promise<void> {
    const query = 'mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken refreshToken expiresAt } }'
    try {
      const { refreshSession } = await post({ query, variables: { input: { refreshToken } } })
      if (!refreshSession) throw new Error(ENDED)
      // Nobody is signed in again who has signed out meanwhile.
      if (this.#session === session) this.#set({ ...session, ...ofTokens(refreshSession) })
    } catch {
      if (this.#session === session) this.end()
    }
  }

  #set(session: Session | null, notice: string | null = null): void {
    this.#session = session
    this.#notice = notice
    if (session === null) sessionStorage.removeItem(KEPT)
    else sessionStorage.setItem(KEPT, JSON.stringify({ ...session, refreshToken: null }))
    for (const listener of this.#listeners) listener()
  }
}

function ofTokens({ accessToken, refreshToken, expiresAt }: Tokens) {
  return { accessToken, refreshToken, expiresAt: Date.parse(expiresAt) }
}

/** The session of this tab before it was loaded again. */
function restored(): Session | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null') as Session | null
    return kept !== null && kept.expiresAt > Date.now() ? kept : null
  } catch {
    return null
  }
}

async function post(body: object, token?: string): Promise<NonNullable<Answer['data']>> {
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const response = await fetch(ENDPOINT, { method: 'POST', headers, body: JSON.stringify(body) })
  const { data, errors } = (await response.json()) as Answer
  if (!data || errors?.length) throw new Error(errors?.[0]?.message ?? `The server answered ${response.status}.`)
  return data
}
