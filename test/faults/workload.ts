import { randomNumbers } from '../support/small-world.ts'
import { type Exchange, exchange } from './exchange.ts'
import type { Attempt, History, Kind } from './history.ts'
import type { Actor } from './world.ts'

/** Milliseconds from an answer to the same client's next operation. */
const PACE = 15
/** The same is sent so often at most. */
const TRIES = 6
const CLIENTS = 8

export interface WorkloadOptions {
  /** Where to send; asked for each request. */
  readonly url: () => string
  readonly actors: readonly Actor[]
  readonly seed: number
  readonly history: History
  /** Milliseconds that an answer may take; a longer one has hung. */
  readonly patience: number
}

export interface Workload {
  /** What breaks the rules of errors (I9). */
  readonly flaws: readonly string[]
  /** Records of others in answers (I7). */
  readonly foreign: readonly string[]
  /** Requests that had no answer in time. */
  readonly hung: readonly string[]
  /** All requests so far, reads too. */
  readonly requests: readonly Exchange[]
  /** Ends after the requests under way. */
  stop(): Promise<void>
}

interface Row {
  readonly id: string
  readonly version: number
  readonly size: number
  readonly owner: { readonly id: string }
}

/** What a client means to do: the same however often it is sent. */
interface Intent {
  readonly kind: Kind
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly records: readonly { readonly id: string; readonly version: number }[]
}

const READ = 'query Read($ids: [ID!]!) { nodes(ids: $ids) { ... on Account { id version size owner { id } } } }'
const LIST = 'query List { accounts(first: 200) { nodes { id version size owner { id } } } activities(first: 100) { nodes { id owner { id } } } }'
const CREATE = 'mutation Create($input: CreateAccountInput!) { done: createAccount(input: $input) { account { id version owner { id } } } }'
const UPDATE = `mutation Update($id: ID!, $version: Int!, $input: UpdateAccountInput!) {
  done: updateAccount(id: $id, ifVersion: $version, input: $input) { account { id version owner { id } } }
}`
const APPEND = 'mutation Append($input: CreateActivityInput!) { done: createActivity(input: $input) { activity { id version owner { id } } } }'
const TRANSFER = `mutation Transfer($from: ID!, $fromVersion: Int!, $less: UpdateAccountInput!, $to: ID!, $toVersion: Int!, $more: UpdateAccountInput!) {
  less: updateAccount(id: $from, ifVersion: $fromVersion, input: $less) { account { id version owner { id } } }
  more: updateAccount(id: $to, ifVersion: $toVersion, input: $more) { account { id version owner { id } } }
}`
const TRANSFER_IN_BULK =
  'mutation TransferInBulk($updates: [AccountUpdateItem!]!) { done: updateAccounts(updates: $updates) { accounts { id version owner { id } } } }'
const DELETE = 'mutation Delete($id: ID!, $version: Int!) { done: deleteAccount(id: $id, ifVersion: $version) { id account { id version owner { id } } } }'

/**
 * Eight clients, each one operation after the other, drawn by the seed: creates, updates on versions, appended activities, transfers between two records whose
 * sum stays, deletes, and reads. What may be sent again is sent again, most of the time, with the same key.
 */
export function startWorkload({ url, actors, seed, history, patience }: WorkloadOptions): Workload {
  const flaws: string[] = []
  const foreign: string[] = []
  const hung: string[] = []
  const requests: Exchange[] = []
  let stopped = false

  async function send(actor: Actor, query: string, variables: Readonly<Record<string, unknown>>, requestId: string, key?: string): Promise<Exchange> {
    const answer = await exchange({ url: url(), token: actor.token, query, variables, requestId, patience, ...(key !== undefined && { key }) })
    requests.push(answer)
    flaws.push(...answer.flaws)
    if (answer.code === 'TimeoutError') hung.push(`${requestId} after ${Math.round(answer.milliseconds)} ms`)
    for (const owner of ownersIn(answer.data)) if (owner !== actor.id) foreign.push(`${requestId}: a record of ${owner} told to ${actor.name}`)
    return answer
  }

  async function run(number: number): Promise<void> {
    const actor = actors[number % actors.length] as Actor
    const random = randomNumbers(seed * 1_000 + number)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
    const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
    /** Made by this client, and by nobody else to be deleted. */
    const own: { readonly id: string; readonly version: number }[] = []
    let serial = 0

    async function read(ids: readonly string[]): Promise<Row[] | null> {
      serial += 1
      const { data } = await send(actor, READ, { ids }, `${seed}-${number}-${serial}`)
      return (data?.nodes as Row[] | undefined) ?? null
    }

    async function intend(key: string): Promise<Intent | null> {
      const drawn = random()
      if (drawn < 0.3) {
        const input = { name: `Made ${key}`, code: key, description: key, size: 0 }
        return { kind: 'create', query: CREATE, variables: { input }, records: [] }
      }
      if (drawn < 0.45) {
        const input = { type: 'note', subject: key, account: { id: pick(actor.shared) } }
        return { kind: 'append', query: APPEND, variables: { input }, records: [] }
      }
      if (drawn < 0.55) {
        const gone = own.shift()
        return gone ? { kind: 'delete', query: DELETE, variables: gone, records: [gone] } : null
      }
      if (drawn < 0.6) {
        await send(actor, LIST, {}, `${seed}-${number}-${serial}-list`)
        return null
      }
      const ids = drawn < 0.8 ? [pick(actor.shared)] : twoOf(actor.shared, random)
      const rows = await read(ids)
      if (rows === null || rows.some((row) => row === null)) return null
      const [from, to] = rows as [Row, Row]
      const records = rows.map(({ id, version }) => ({ id, version }))
      if (drawn < 0.8) {
        return { kind: 'update', query: UPDATE, variables: { id: from.id, version: from.version, input: { description: key } }, records }
      }
      const amount = Math.floor(random() * Math.min(from.size, 50))
      const less = { description: key, size: from.size - amount }
      const more = { description: key, size: to.size + amount }
      if (drawn < 0.9) {
        const variables = { from: from.id, fromVersion: from.version, less, to: to.id, toVersion: to.version, more }
        return { kind: 'transfer', query: TRANSFER, variables, records }
      }
      const updates = [
        { id: from.id, ifVersion: from.version, input: less },
        { id: to.id, ifVersion: to.version, input: more },
      ]
      return { kind: 'transfer', query: TRANSFER_IN_BULK, variables: { updates }, records }
    }

    for (; !stopped; await pause(PACE)) {
      serial += 1
      const key = `${seed}-${number}-${serial}`
      const intent = await intend(key)
      if (intent === null) continue
      for (let tries = 1; tries <= TRIES; tries += 1) {
        const { kind, query, variables, records } = intent
        const attempt: Attempt = history.invoke({ key, kind, actor: actor.id, requestId: `${key}.${tries}`, records })
        const answer = await send(actor, query, variables, attempt.requestId, key)
        const written = answer.outcome === 'ok' ? writtenIn(answer.data) : []
        history.end(attempt, { outcome: answer.outcome, written, code: answer.code, detail: answer.detail })
        if (kind === 'create' && written[0]) own.push(written[0])
        // Some are left as they are: nobody will ever know.
        if (!answer.isRetryable || (answer.outcome === 'unknown' && random() < 0.4)) break
        // Whoever cannot reach the server keeps trying it, and makes nothing new meanwhile.
        await pause(80 + random() * 200)
      }
    }
  }

  const running = Promise.all(Array.from({ length: CLIENTS }, (_, number) => run(number)))
  return {
    flaws,
    foreign,
    hung,
    requests,
    stop: async () => {
      stopped = true
      await running
    },
  }
}

function twoOf(ids: readonly string[], random: () => number): [string, string] {
  const first = Math.floor(random() * ids.length)
  const second = (first + 1 + Math.floor(random() * (ids.length - 1))) % ids.length
  return [ids[first] as string, ids[second] as string]
}

/** Records of a mutation's answer, in the order of its fields. */
function writtenIn(data: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Attempt['written'] {
  return Object.values(data)
    .flatMap((payload) => payload['accounts'] ?? payload['account'] ?? payload['activity'] ?? [])
    .map((record) => {
      const { id, version } = record as { id: string; version: number }
      return { id, version }
    })
}

/** Owners anywhere in an answer. */
export function ownersIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { owner } = value as { owner?: { id?: string } | null }
  return [...(owner?.id ? [owner.id] : []), ...Object.values(value).flatMap(ownersIn)]
}
