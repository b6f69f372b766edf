import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Environment } from '../../config/index.ts'
import { StartupError } from '../../errors/index.ts'
import { connect } from '../../testing/connection.ts'
import { PRODUCT_FOLDER } from './product-package.ts'

/** A server as a process of its own, so that it can begin anew with other code. */
export interface DevServer {
  /** Has the plugin enabled with what its code says now; answers a line for people. Throws where it cannot be. */
  enable(plugin: string): Promise<string>
  stop(): Promise<void>
}

const PATIENCE = 60_000
const POLL = 50

/** Starts `guanxi start`, whose output goes to this process's, and waits until it serves. Throws StartupError where it ends before. */
export async function startDevServer(environment: Environment, folder: string): Promise<DevServer> {
  const port = environment['PORT'] ?? '4000'
  const url = `http://${environment['HOST'] ?? '127.0.0.1'}:${port}`
  // Another server there would be taken for this one, and get the plugin.
  if (await isTaken(url)) throw new StartupError(`PORT ${port} is taken by another program. Stop it, or choose another PORT.`)
  const child = spawn(process.execPath, [join(PRODUCT_FOLDER, 'bin', 'guanxi.js'), 'start'], {
    cwd: folder,
    env: environment as NodeJS.ProcessEnv,
    stdio: ['ignore', 'inherit', 'inherit'],
    // A signal from the terminal is for the command, which tells the server.
    detached: true,
  })
  let over = false
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      over = true
      resolve()
    })
  })
  const stop = async (): Promise<void> => {
    if (!over) child.kill('SIGTERM')
    await ended
  }
  for (const deadline = Date.now() + PATIENCE; !(await answers(url)); await delay(POLL)) {
    if (over) throw new StartupError('The server has ended; see the lines above.')
    if (Date.now() > deadline) {
      await stop()
      throw new StartupError(`The server does not serve on ${url} within ${PATIENCE / 1_000} s.`)
    }
  }
  return { stop, enable: (plugin) => enable(url, environment, plugin) }
}

function isTaken(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    () => true,
    () => false,
  )
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/ready`).then(
    ({ ok }) => ok,
    () => false,
  )
}

async function enable(url: string, environment: Environment, name: string): Promise<string> {
  const email = environment['ADMIN_EMAIL'] ?? 'admin@guanxi.local'
  const password = environment['ADMIN_PASSWORD'] ?? readFileSync(join(environment['DATA_DIR'] ?? '', 'admin-password'), 'utf8').trim()
  const { signIn } = await connect(url, null).data('mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', { input: { email, password } })
  const administrator = connect(url, signIn.accessToken)
  const step = async (mutation: string) => {
    const { data, errors } = await administrator.send(`mutation ($name: String!) { ${mutation}(name: $name) { plugin { state version lastError } } }`, { name })
    if (errors[0]) throw new StartupError(errors[0].message)
    return data[mutation].plugin as { readonly state: string; readonly version: string; readonly lastError: string | null }
  }
  const { plugins } = await administrator.data('{ plugins { name state version available } }')
  const known = plugins.find((plugin: { readonly name: string }) => plugin.name === name)
  // Put into service anew, it brings what its code says now, under the same version too.
  if (known?.state === 'enabled' && known.version === known.available) await step('disablePlugin')
  const { state, version, lastError } = await step(known?.state === 'enabled' && known.version !== known.available ? 'upgradePlugin' : 'enablePlugin')
  if (state !== 'enabled') throw new StartupError(`${name} is ${state}: ${lastError}`)
  return `${name} ${version} is enabled on ${url}`
}
