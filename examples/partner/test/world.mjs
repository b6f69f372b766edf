import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SERVER } from '../../../scripts/live/running-server.mjs'

const EXAMPLE = fileURLToPath(new URL('..', import.meta.url))

/** A key of its own and the compiled program, in a folder that is removed afterwards. */
export function prepare() {
  const folder = mkdtempSync(join(tmpdir(), 'guanxi-partner-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    execFileSync(process.execPath, [join(EXAMPLE, 'make-key.mjs')], { cwd: folder })
    const [, token] = /GUANXI_TOKEN=(\S+)/.exec(readFileSync(join(folder, '.env'), 'utf8'))
    const env = { ...process.env, GUANXI_URL: SERVER, GUANXI_TOKEN: token }
    execFileSync(process.execPath, ['../../bin/guanxi.js', 'sync', '--out', 'src/guanxi', 'src/*.graphql'], {
      cwd: EXAMPLE,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: EXAMPLE, stdio: 'inherit' })
    return { token, folder, remove }
  } catch (error) {
    remove()
    throw error
  }
}

/** One ERP with files and state of its own. */
export function makeErp({ folder, token }, system, { customers, complaints }) {
  const own = join(folder, system)
  mkdirSync(join(own, 'state'), { recursive: true })
  const lines = (values) => values.map((value) => `${JSON.stringify(value)}\n`).join('')
  writeFileSync(join(own, 'customers.jsonl'), lines(customers))
  writeFileSync(join(own, 'complaints.jsonl'), lines(complaints))
  const env = { PATH: process.env.PATH, GUANXI_TOKEN: token, ERP_SYSTEM: system, ERP_FOLDER: own, STATE_FOLDER: join(own, 'state'), BATCH: '20' }
  return {
    /** Runs the program until it ends by itself or is killed; `url` is the server, or what stands in front of it. */
    run: (url = SERVER) => {
      const child = spawn(process.execPath, [join(EXAMPLE, 'dist/main.js'), '--once'], { env: { ...env, GUANXI_URL: url } })
      let printed = ''
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text))
      const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, printed })))
      return { ended, kill: () => child.kill('SIGKILL') }
    },
    state: (name) => JSON.parse(readFileSync(join(own, 'state', name), 'utf8')),
    setState: (name, value) => writeFileSync(join(own, 'state', name), JSON.stringify(value)),
  }
}

/** Stands in front of the server. `judge` is asked about each request once the server has done it, and before the client hears of it; where it answers false the client never does. */
export async function startWitness(judge) {
  const server = createServer(async (request, response) => {
    const parts = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts).toString()
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    const answer = await fetch(`${SERVER}${request.url}`, { method: request.method, headers, body })
    const text = await answer.text()
    if (!judge({ name: JSON.parse(body).operationName, key: headers['idempotency-key'] })) return request.socket.destroy()
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') }).end(text)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
