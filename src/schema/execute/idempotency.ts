import { createHmac } from 'node:crypto'
import { type GraphQLFormattedError, getOperationAST } from 'graphql'
import { carriedBy, carry, GuanxiError, Message, say, validationFailed } from '../../errors/index.ts'
import { type SealingKey, seal, unseal } from '../../lib/sealed.ts'
import { type Principal, sightOf } from '../../records/access/policy.ts'
import { sightDigest } from '../../records/access/sight.ts'
import type { SensitiveRead } from '../../records/audit/index.ts'
import type { Database, Executor } from '../../records/database.ts'
import { claimKey, type KeyedOperation, type KnownAnswer, keepAnswer, releaseKey } from '../../records/idempotency.ts'
import type { Registry } from '../../records/registry/definition.ts'
import type { OperationAnswer, OperationRequest } from '../operation.ts'

export interface IdempotencyOptions {
  readonly database: Database
  /** The first one seals and signs; answers of the others can still be read. */
  readonly keys: readonly SealingKey[]
  readonly now: () => Date
  /** Milliseconds for which answers are kept. */
  readonly retention: number
}

/** An operation with its key, and what its answers are kept for. */
interface Keyed extends KeyedOperation {
  readonly principal: Principal
  readonly registry: Registry
  /** Digests of the same by the other keys. */
  readonly digests: readonly Buffer[]
}

/** Milliseconds after which an operation that has begun, and is not one transaction, is taken for lost with its process. */
const LOST = 120_000
/** Printable ASCII, as draft-ietf-httpapi-idempotency-key-header-07 has it by RFC 8941 strings. */
const KEY = /^[\x20-\x7e]+$/
const LONGEST_KEY = 255

/**
 * Mutations that are done once however often they are sent: with the same `Idempotency-Key` and the same body the answer of the first time comes again. The answer of record mutations is kept in their own
 * transaction. Answers are sealed, and shown only to whom the same is shown of everything as then, and of each record that the answer tells of.
 */
export class Idempotency {
  readonly #options: IdempotencyOptions
  /** Requests whose operations have begun here: one that meets other rights runs again. */
  readonly #begun = new WeakSet<OperationRequest>()

  constructor(options: IdempotencyOptions) {
    this.#options = options
  }

  /** Null for a request without a key. Throws VALIDATION_FAILED for one that is none. */
  keyed({ idempotencyKey: given, document, operationName, variables }: OperationRequest, principal: Principal, registry: Registry): Keyed | null {
    if (given == null) return null
    // A string of RFC 8941 stands in quotes; most clients leave them out.
    const key = /^".*"$/.test(given) ? given.slice(1, -1) : given
    if (key.length > LONGEST_KEY || !KEY.test(key)) throw invalidKey('FORMAT', say`An Idempotency-Key has 1 to 255 printable ASCII characters.`)
    // Not the name that was sent: a document's only operation may be named or not.
    const name = getOperationAST(document, operationName)?.name?.value ?? null
    const body = JSON.stringify([document.loc?.source.body, name, ordered(variables)])
    const digests = this.#options.keys.map(({ secret }) => createHmac('sha256', secret).update(body).digest())
    const principalKey = principal.apiKeyId === undefined ? `user ${principal.userId}` : `key ${principal.apiKeyId}`
    return { principalKey, key, digest: digests[0] as Buffer, digests, principal, registry }
  }

  /** Takes the key for a transaction. Answers what was answered the first time; null where this is it. Throws IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_MISMATCH and FORBIDDEN. */
  async before(transaction: Executor, keyed: Keyed): Promise<OperationAnswer | null> {
    return (await this.#claim(transaction, keyed, () => false)).answer
  }

  /** Keeps the answer in the transaction that it is of. */
  async keep(transaction: Executor, keyed: Keyed, answer: OperationAnswer): Promise<void> {
    if (!(await this.#keep(transaction, keyed, await this.#sealed(answer, keyed, transaction), false))) throw inProgress()
  }

  /** Runs an operation that is more than one transaction. Where its process is lost in the middle, it can be run again after a while; what was done stands, and answers that again. */
  async alone(
    keyed: Keyed,
    request: OperationRequest,
    work: () => Promise<OperationAnswer>,
    hasFailed: (answer: OperationAnswer) => boolean,
  ): Promise<OperationAnswer> {
    const { database } = this.#options
    const begin = async (transaction: Executor): Promise<OperationAnswer | null> => {
      const isLost = ({ since }: KnownAnswer) => since.getTime() + LOST < this.#options.now().getTime()
      const { answer, isTakenOver } = await this.#claim(transaction, keyed, isLost)
      if (answer) return answer
      if (!(await this.#keep(transaction, keyed, Buffer.alloc(0), isTakenOver))) throw inProgress()
      this.#begun.add(request)
      return null
    }
    const told = this.#begun.has(request) ? null : await database.transaction(begin)
    if (told) return told
    const answer = await work()
    if (hasFailed(answer)) await releaseKey(database, keyed)
    else await this.#keep(database, keyed, await this.#sealed(answer, keyed, database), true)
    return answer
  }

  /** The answer of the first time; null where the key is the transaction's now, be it one that `isLost` to whoever had begun. Throws as `before`. */
  async #claim(
    transaction: Executor,
    keyed: Keyed,
    isLost: (known: KnownAnswer) => boolean,
  ): Promise<{ readonly answer: OperationAnswer | null; readonly isTakenOver: boolean }> {
    const { held, known } = await claimKey(transaction, keyed, this.#options.now())
    const answer = known && (await this.#answerOf(known, keyed, transaction))
    if (answer === null && (!held || (known && !isLost(known)))) throw inProgress()
    return { answer, isTakenOver: known !== null }
  }

  #keep(executor: Executor, keyed: Keyed, response: Buffer, over: boolean): Promise<boolean> {
    const at = this.#options.now()
    return keepAnswer(executor, keyed, { response, at, until: new Date(at.getTime() + this.#options.retention), over })
  }

  async #sealed({ data, errors, extensions, reads, records }: OperationAnswer, { principal, registry, ...keyed }: Keyed, executor: Executor): Promise<Buffer> {
    const shown = (reads ?? []).map(({ verb, module: { name, number }, fields, ids, asked }) => ({
      verb,
      module: { name, number },
      fields,
      ids: ids && [...ids],
      asked,
    }))
    const told = [...(records ?? [])]
    const kept: KeptAnswer = {
      sight: sightOf(principal),
      records: told,
      seen: await sightDigest(told, principal.policy, registry, executor),
      answer: { data, errors, extensions } as KeptAnswer['answer'],
      said: (errors ?? []).map((error) => carriedBy(error.extensions)?.message.packed() ?? null),
      reads: shown,
    }
    return seal(JSON.stringify(kept), this.#options.keys[0] as SealingKey, placeOf(keyed))
  }

  /** Null for an operation that has begun and not ended. */
  async #answerOf({ digest, response }: KnownAnswer, { principal, registry, digests, ...keyed }: Keyed, executor: Executor): Promise<OperationAnswer | null> {
    if (!digests.some((each) => each.equals(digest)))
      throw new GuanxiError('IDEMPOTENCY_MISMATCH', say`This Idempotency-Key was used before, with another operation or other variables. Use a new key.`)
    if (response.length === 0) return null
    const text = unseal(response, this.#options.keys, placeOf(keyed))
    const { answer, said, reads, sight, records, seen } = text === null ? ({} as Partial<KeptAnswer>) : (JSON.parse(text) as KeptAnswer)
    const isSame = sight === sightOf(principal) && records && seen === (await sightDigest(records, principal.policy, registry, executor))
    if (!answer || !isSame)
      throw new GuanxiError(
        'FORBIDDEN',
        say`The operation was carried out when this Idempotency-Key was used first. What you may read has changed since then, so that its answer is not shown again.`,
      )
    const shown = (reads ?? []).map((read): SensitiveRead => ({ ...read, ids: read.ids && new Set(read.ids), principal }))
    return { ...answer, ...(answer.errors && { errors: told(answer.errors, said ?? []) }), ...(shown.length > 0 && { reads: shown }) }
  }
}

interface KeptAnswer {
  /** `sightOf` him for whom it was made. */
  readonly sight: string
  /** Ids of the records that it tells of, and `sightDigest` of them. */
  readonly records: readonly string[]
  readonly seen: string
  readonly answer: Pick<OperationAnswer, 'data' | 'errors' | 'extensions'>
  /** What its errors say in any language, packed; null for one that says nothing of ours. */
  readonly said: readonly unknown[]
  readonly reads: readonly (Omit<SensitiveRead, 'principal' | 'ids'> & { readonly ids: readonly string[] | null })[]
}

/** Errors that can be told in the language of whoever sends the key again. */
function told(errors: readonly GraphQLFormattedError[], said: readonly unknown[]): readonly GraphQLFormattedError[] {
  return errors.map((error, index) => {
    const packed = said[index] ?? null
    return packed === null ? error : { ...error, extensions: carry({ ...error.extensions }, { message: Message.unpacked(packed) }) }
  })
}

/** Refuses a key where it has no meaning: an answer with a secret is not kept, and nothing is kept for nobody. */
export function refuseKey(fieldName: string): never {
  throw invalidKey(
    'NOT_APPLICABLE',
    say`${fieldName} takes no Idempotency-Key here: answers that hold a secret are shown once and not kept, and none are kept for callers who are not signed in.`,
  )
}

function invalidKey(code: string, message: Message): GuanxiError {
  return validationFailed([{ path: ['idempotencyKey'], code, message }])
}

function inProgress(): GuanxiError {
  return new GuanxiError('IDEMPOTENCY_IN_PROGRESS', say`The same Idempotency-Key is being processed. Wait and send it again.`)
}

/** A sealed answer opens in its place alone. */
function placeOf({ principalKey, key }: Pick<KeyedOperation, 'principalKey' | 'key'>): string {
  return `${principalKey}\n${key}`
}

/** The same for values that differ in the order of their members only. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, ordered(member)]),
  )
}
