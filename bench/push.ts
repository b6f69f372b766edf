import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type pg from 'pg'
import WebSocket from 'ws'
import type { BenchServer } from './servers/child.ts'
import { ask, withServer } from './with-server.ts'

/**
 * What following changes costs: many subscribers in a few cohorts on one server, while records change at a steady rate. Tells how long a change takes to its subscribers, what is lost or doubled, and how the
 * server's memory grows; with `--alone` each subscriber has a variable of its own, so that no two share an execution. Ends with exit code 1 where a budget is not kept.
 */
const { values: options } = parseArgs({
  options: {
    subscribers: { type: 'string', default: '1000' },
    cohorts: { type: 'string', default: '20' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '30' },
    'warm-up': { type: 'string', default: '5' },
    alone: { type: 'boolean', default: false },
  },
})
const [subscribers, cohorts, rate, measured, warmUp] = [
  options.subscribers,
  options.cohorts,
  options.rate,
  options.seconds,
  // A process that has just started compiles what it runs often: told apart, and not held to the budget of time.
  options['warm-up'],
].map(Number) as [number, number, number, number, number]
const seconds = measured + warmUp
/** Milliseconds from the commit to the client, and bytes of memory for a connection. */
const BUDGET = { p99: 150, connection: 60 * 1024 }

const SUBSCRIPTION = `subscription ($title: String!, $alone: String) { contactChanged(filter: {jobTitle: {eq: $title}, not: {department: {eq: $alone}}}) {
  operation version changedFields changeSetId contact { id name department account { name } } } }`

const memoryOf = (pid: number): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
const cpuOf = (pid: number): number => {
  const [, user, system] = /\) (?:\S+ ){11}(\d+) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
  return (Number(user) + Number(system)) / 100
}

/** Opens a socket with one subscription; `onEvent` gets what it is told. */
function follow(port: number, authorization: string, variables: object, onEvent: (event: { changeSetId: string }) => void): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws')
    socket.on('error', reject)
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })))
    socket.on('message', (text) => {
      const { type, payload } = JSON.parse(String(text))
      if (type === 'connection_ack') {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: SUBSCRIPTION, variables } }))
        resolve(socket)
      } else if (type === 'ping') socket.send(JSON.stringify({ type: 'pong' }))
      else if (type === 'next' && payload.data) onEvent(payload.data.contactChanged)
      else if (type !== 'pong') reject(new Error(String(text)))
    })
  })
}

async function measure(client: pg.Client, server: BenchServer): Promise<boolean> {
  const headers = await server.headers()
  const { rows } = await client.query<{ id: string }>('SELECT id FROM contacts WHERE deleted_at IS NULL ORDER BY id LIMIT $1', [cohorts])
  const update = 'mutation ($id: ID!, $input: UpdateContactInput!) { updateContact(id: $id, input: $input) { changeSetId } }'
  for (const [index, { id }] of rows.entries()) await ask(server, update, { id, input: { jobTitle: `cohort ${index}`, department: 'before' } }, headers)
  await delay(2_000)

  const before = memoryOf(server.pid)
  /** By change set: when it was answered, and when each subscriber was told. */
  const answered = new Map<string, number>()
  const told = new Map<string, number[]>()
  const sockets: WebSocket[] = []
  for (let index = 0; index < subscribers; index += 1) {
    const variables = { title: `cohort ${index % cohorts}`, alone: options.alone ? `alone ${index}` : 'nobody' }
    sockets.push(
      await follow(server.port, headers['authorization'] as string, variables, ({ changeSetId }) => {
        const times = told.get(changeSetId)
        if (times) times.push(performance.now())
        else told.set(changeSetId, [performance.now()])
      }),
    )
  }
  await delay(3_000)
  const connected = memoryOf(server.pid)
  const [cpu, start] = [cpuOf(server.pid), performance.now()]
  const running: Promise<unknown>[] = []
  let last = 0
  for (let count = 0; count < rate * seconds; count += 1) {
    const due = start + (count * 1_000) / rate
    if (due > performance.now()) await delay(due - performance.now())
    const { id } = rows[count % rows.length] as { id: string }
    // Of one record, one change at a time.
    if (running.length >= rows.length) await running[running.length - rows.length]
    const change = ask<{ updateContact: { changeSetId: string } }>(server, update, { id, input: { department: `mark ${count}` } }, headers)
    running.push(change.then(({ updateContact }) => void answered.set(updateContact.changeSetId, performance.now())))
    last = performance.now()
  }
  await Promise.all(running)
  await delay(3_000)
  const spent = cpuOf(server.pid) - cpu
  for (const socket of sockets) socket.terminate()

  const latencies: number[] = []
  const cold: number[] = []
  let [lost, doubled, deliveries] = [0, 0, 0]
  for (const [changeSetId, at] of answered) {
    const times = told.get(changeSetId) ?? []
    const wanted = Math.floor(subscribers / cohorts)
    deliveries += times.length
    if (times.length < wanted) lost += wanted - times.length
    if (times.length > wanted) doubled += times.length - wanted
    for (const time of times) (at - start < warmUp * 1_000 ? cold : latencies).push(Math.max(0, time - at))
  }
  for (const list of [latencies, cold]) list.sort((a, b) => a - b)
  const at = (share: number, list = latencies): number => list[Math.min(list.length - 1, Math.floor(list.length * share))] ?? Number.NaN
  const perConnection = (connected - before) / subscribers
  process.stdout.write(
    [
      `${subscribers} subscribers in ${options.alone ? subscribers : cohorts} cohorts, ${(answered.size / ((last - start) / 1_000)).toFixed(0)} changes a second for ${seconds} s`,
      `commit to client: p50 ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms, at most ${at(1).toFixed(0)} ms (budget p99 ${BUDGET.p99}); p99 ${at(0.99, cold).toFixed(0)} ms in the first ${warmUp} s`,
      `${deliveries} deliveries, ${lost} lost, ${doubled} doubled; ${(deliveries / seconds).toFixed(0)} a second, ${(deliveries / spent).toFixed(0)} a second of the server's processor time`,
      `memory: ${(perConnection / 1024).toFixed(0)} KiB a connection (budget ${BUDGET.connection / 1024})`,
      '',
    ].join('\n'),
  )
  return at(0.99) <= BUDGET.p99 && lost === 0 && doubled === 0 && perConnection <= BUDGET.connection
}

process.exitCode = (await withServer(measure)) ? 0 : 1
