import type { FirstAdministrator } from './first-administrator.ts'

export interface BannerFacts {
  readonly version: string
  readonly url: string
  readonly seconds: number
  readonly database: string
  readonly administratorEmail: string
  /** Set where this start made the administrator. */
  readonly administrator: FirstAdministrator | undefined
  /** File with the generated password, where there is one. */
  readonly passwordFile: string | undefined
  /** Set where the demo data is there. */
  readonly demo:
    | { readonly users: readonly string[]; readonly password: string | undefined; readonly passwordFile: string | undefined; readonly accounts: number }
    | undefined
}

/** What a person sees when the server is ready: where it is, how to sign in, and a first query with its answer. */
export function bannerText(facts: BannerFacts): string {
  const { version, url, seconds, database, administratorEmail, administrator, passwordFile, demo } = facts
  const api = `${url}/graphql`
  const generated = administrator?.generatedPassword
  const password = generated
    ? `password ${generated}  (kept in ${passwordFile})`
    : passwordFile
      ? `password in ${passwordFile}`
      : 'password as set in ADMIN_PASSWORD'
  const lines = [
    '',
    `Guanxi ${version} is ready after ${seconds.toFixed(1)} s.`,
    '',
    `  API         ${api}   (WebSocket on the same path)`,
    `  Health      ${url}/health  ${url}/ready  ${url}/metrics`,
    `  Database    ${database}`,
    `  Sign in     ${administratorEmail}   ${password}`,
  ]
  if (demo)
    lines.push(
      `  Demo users  ${demo.users.join(', ')}   ${demo.password ? `password ${demo.password}` : demo.passwordFile ? `password in ${demo.passwordFile}` : 'password as set in DEMO_PASSWORD'}`,
    )
  lines.push(
    '',
    'A first query:',
    '',
    `  TOKEN=$(curl -s ${api} -H 'content-type: application/json' -d '{"query":"mutation { signIn(input: {email: \\"${administratorEmail}\\", password: \\"${generated ?? '…'}\\"}) { accessToken } }"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`,
    `  curl -s ${api} -H 'content-type: application/json' -H "authorization: Bearer $TOKEN" -d '{"query":"{ accounts(first: 1) { totalCount nodes { name } } }"}'`,
    '',
    `  → {"data":{"accounts":{"totalCount":${demo?.accounts ?? 0},"nodes":[${demo ? '{"name":"…"}' : ''}]}}}`,
    '',
    'Stop with Ctrl-C.',
    '',
  )
  return `${lines.join('\n')}\n`
}
