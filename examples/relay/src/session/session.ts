/**
 * Who is signed in. The access token is good for 15 minutes; the refresh token buys the next pair once, and bringing it twice ends the session. So one refresh at a time is under way, over all
 * tabs of the browser: they share the pair in `localStorage`, and a lock.
 */
export interface Session {
  isSignedIn(): boolean
  /** Told when somebody has signed in or out, in any tab. Answers a function that ends it. */
  onChange(listener: () => void): () => void
  /** Throws what the server says. */
  signIn(email: string, password: string): Promise<void>
  signOut(): Promise<void>
  /** An access token, fresh where the last one is about to end. Throws SignedOut. */
  token(): Promise<string>
  /** Another access token than this one, which the server has refused. Throws SignedOut. */
  renew(refused: string): Promise<string>
}

export class SignedOut extends Error {
  override readonly message = 'The session has ended. Sign in again.'
}

interface Pair {
  readonly accessToken: string
  readonly refreshToken: string
  /** By the clock of this machine, which may differ from that of the server. */
  readonly renewAt: number
}

const KEY = 'guanxi.session'
/** A minute before the token ends. */
const RENEW_AFTER = 14 * 60_000

const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken } }'
const REFRESH = 'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken refreshToken } }'

export function createSession(url: string): Session {
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  const read = (): Pair | null => JSON.parse(localStorage.getItem(KEY) ?? 'null') as Pair | null
  const write = (pair: Omit<Pair, 'renewAt'> | null): void => {
    if (pair) localStorage.setItem(KEY, JSON.stringify({ ...pair, renewAt: Date.now() + RENEW_AFTER }))
    else localStorage.removeItem(KEY)
    tell()
  }
  window.addEventListener('storage', ({ key }) => {
    if (key === KEY) tell()
  })

  /** With the lock. */
  async function exchange(refused: string): Promise<string> {
    const pair = read()
    if (!pair) throw new SignedOut()
    // Another request, or another tab, has been here before.
    if (pair.accessToken !== refused) return pair.accessToken
    try {
      const { refreshSession } = await post(url, REFRESH, { input: { refreshToken: pair.refreshToken } })
      write(refreshSession as Pair)
      return (refreshSession as Pair).accessToken
    } catch (error) {
      if (!(error instanceof Refused && error.code === 'UNAUTHENTICATED')) throw error
      write(null)
      throw new SignedOut()
    }
  }
  const renew = (refused: string): Promise<string> => navigator.locks.request(KEY, () => exchange(refused))

  return {
    isSignedIn: () => localStorage.getItem(KEY) !== null,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    signIn: async (email, password) => write((await post(url, SIGN_IN, { input: { email, password } })).signIn as Pair),
    signOut: async () => {
      const pair = read()
      write(null)
      // The session ends on the server, too, if it can be reached.
      if (pair) await post(url, 'mutation { signOut }', {}, pair.accessToken).catch(() => {})
    },
    token: async () => {
      const pair = read()
      if (!pair) throw new SignedOut()
      return Date.now() < pair.renewAt ? pair.accessToken : renew(pair.accessToken)
    },
    renew,
  }
}

/** What the server says against an operation. */
class Refused extends Error {
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

async function post(url: string, query: string, variables: object, token?: string): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  const { data, errors } = (await response.json()) as {
    data?: Record<string, unknown>
    errors?: { message: string; extensions: { code: string } }[]
  }
  const [error] = errors ?? []
  if (error) throw new Refused(error.message, error.extensions.code)
  return data ?? {}
}
