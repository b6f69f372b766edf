import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/guanxi.js', import.meta.url))
export const ADMIN = Object.freeze({ email: 'admin@guanxi.local', password: 'an administrator of tests' })

/** The address that a server prints when it is ready; undefined until then. */
export const addressIn = (printed) => /API\s+(http:\/\/\S+)\/graphql/.exec(printed)?.[1]

/** A server with the demo data and a database of its own, on a free port, in a folder that PostgreSQL's user may pass; `atEnd` stops it. `password` is that of the demo users. */
export async function startServer(folder, atEnd) {
  const child = spawn(process.execPath, [PROGRAM, 'start'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, PORT: '0', ADMIN_PASSWORD: ADMIN.password, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  const ended = new Promise((resolve) => child.once('exit', resolve))
  atEnd(() => {
    child.kill('SIGTERM')
    return ended
  })
  const url = await new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text
      const found = addressIn(printed)
      if (found !== undefined) resolve(found)
    })
    void ended.then(() => reject(new Error(`The server did not start: ${printed}`)))
  })
  return { url, password: readFileSync(join(folder, '.guanxi', 'demo-password'), 'utf8').trim() }
}

/** Data of an operation that must succeed. */
export async function ask(url, query, token, variables) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const { data, errors } = await (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })).json()
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

/** An access token. */
export const signIn = async (url, email, password) =>
  (await ask(url, 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', undefined, { input: { email, password } })).signIn.accessToken
