/** Somebody who can sign in. */
export interface BannerLogin {
  /** Set where this start generated it. */
  readonly password: string | undefined
  /** File that keeps it; undefined where the environment gave it. */
  readonly file: string | undefined
}

interface DemoLogin {
  readonly email: string
  /** Key of the one role. */
  readonly role: string
}

export interface BannerFacts {
  readonly version: string
  readonly url: string
  /** Since the process began. */
  readonly seconds: number
  readonly database: string
  /** Browsers get the explorer. */
  readonly explorer: boolean
  readonly administrator: BannerLogin & { readonly email: string }
  /** Set where this start loaded the demo data. */
  readonly demo: (BannerLogin & { readonly logins: readonly DemoLogin[]; readonly accounts: number }) | undefined
}

/** What a person sees when the server is ready: where it is, how to sign in, and a first query with its answer. */
export function bannerText({ version, url, seconds, database, explorer, administrator, demo }: BannerFacts): string {
  const api = `${url}/graphql`
  const signIn = JSON.stringify({
    query: `mutation { signIn(input: {email: "${administrator.email}", password: "${administrator.password ?? 'your password'}"}) { accessToken } }`,
  })
  const query = JSON.stringify({ query: '{ accounts { totalCount } }' })
  const json = `-H 'content-type: application/json'`
  return [
    '',
    `Guanxi ${version} is ready after ${seconds.toFixed(1)} s.`,
    '',
    `  API         ${api}  (WebSocket on the same path)`,
    ...(explorer ? [`  Explorer    ${api} in a browser`] : []),
    `  Health      ${url}/health  ${url}/ready  ${url}/metrics`,
    `  Database    ${database}`,
    `  Sign in     ${administrator.email}  ${passwordText(administrator)}`,
    ...(demo ? demoLines(demo) : []),
    '',
    'A first query:',
    '',
    `  TOKEN=$(curl -s ${api} ${json} -d '${signIn}' | cut -d'"' -f8)`,
    `  curl -s ${api} ${json} -H "authorization: Bearer $TOKEN" -d '${query}'`,
    `  {"data":{"accounts":{"totalCount":${demo?.accounts ?? '…'}}}}`,
    '',
    'Stop with Ctrl-C.',
    '',
    '',
  ].join('\n')
}

function demoLines(demo: NonNullable<BannerFacts['demo']>): string[] {
  const roles = [...new Set(demo.logins.map(({ role }) => role))]
  const byRole = roles.map((role) => `${role}: ${demo.logins.flatMap((login) => (login.role === role ? login.email : [])).join(', ')}`)
  return [...byRole, passwordText(demo)].map((line, index) => `  ${index === 0 ? 'Demo users' : '          '}  ${line}`)
}

function passwordText({ password, file }: BannerLogin): string {
  if (password !== undefined) return `password ${password}${file === undefined ? '' : `  (kept in ${file})`}`
  return file === undefined ? 'password as it was set' : `password in ${file}`
}
