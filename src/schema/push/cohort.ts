import { GuanxiError, type Message, say } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import { isPassing } from '../../records/access/reach-digest.ts'
import { StaleEpochError } from '../../records/epochs.ts'
import type { ChangesPlan, SeenChange } from '../../records/read/index.ts'
import type { EngineSettings } from '../execute/session.ts'
import { type OperationAnswer, RawJson, type Runtime } from '../operation.ts'
import { ChangeEvent } from './change-event.ts'
import type { ChangeAdvance } from './change-tail.ts'
import { type ChangePlaces, cursorAt, cursorExpired, type Reader, readPlaces } from './cursor.ts'
import type { Member } from './member.ts'
import type { PreparedChanges } from './prepare-changes.ts'
import type { CohortServices } from './streams.ts'
import { planWindow, WINDOW, windowEnd } from './windows.ts'

/** How somebody reads changes: rights and schema, of one version. The same for all members of a cohort. */
export interface Standing {
  readonly principal: Principal
  readonly runtime: Runtime
  readonly changes: PreparedChanges
}

/** Whose cursors these are. */
export function readerOf({ principal, runtime, changes }: Standing, { cursorKey }: EngineSettings): Reader {
  return { principal, registry: runtime.registry, cursorKey, filter: changes.filterDigest }
}

export interface CohortOptions extends Standing {
  /** Digest of what is shared with its readers, and of what conditions of their grants take from them. */
  readonly shared: string | null
  readonly services: CohortServices
  /** Its members go on elsewhere, by the rights and the schema of now. */
  readonly regroup: (members: readonly Member[]) => void
  /** Its last member has left. */
  readonly onEmpty: () => void
}

/** Changes that are read at the same time. */
const TOGETHER = 16

/** What a change is answered by, and the member whose request asked. */
interface Answered {
  readonly answer: OperationAnswer
  readonly by: Member
  readonly isLast: boolean
}

/** Answers that say nothing of the change: it is tried again so often, after so many milliseconds. */
const PASSING = 'UNAVAILABLE'
const TRIES = 5
const PAUSE = 300

/** After an answer of nothing but one of these the subscription has ended. */
const ENDING: ReadonlySet<unknown> = new Set(['SCHEMA_CHANGED', 'FORBIDDEN', 'GRAPHQL_VALIDATION_FAILED'])

/**
 * Subscriptions of one document and the same variables, whose readers are shown the same: each change is looked at once for all of them, executed once, and told to each by the
 * same text. Whoever has to catch up does so by himself before. As soon as rights or schema move on, the cohort dissolves, and what they mean to each member is asked anew.
 */
export class Cohort {
  readonly #options: CohortOptions
  readonly #members = new Set<Member>()
  /** All members are told everything up to here. */
  #position: string
  /** The place to which they are to be told next; null where that is under way or done. */
  #target: string | null = null
  /** Among what lies before it there may be changes of the module. */
  #isConcerned = false
  #plan: ChangesPlan | undefined
  #work: Promise<void> = Promise.resolve()
  #dissolved = false

  /** `position`: that of now. */
  constructor(options: CohortOptions, position: string) {
    this.#options = options
    this.#position = position
  }

  /** Takes a member that has been told everything up to its position. */
  join(member: Member): void {
    void this.#catchUp(member).catch((error: unknown) => this.#failed([member], error))
  }

  /** Ends where the member is told what the others are told. */
  async #catchUp(member: Member): Promise<void> {
    const isFar = () => BigInt(member.position) + BigInt(WINDOW) < BigInt(this.#position)
    const goesOn = () => isFar() && !this.#dissolved && !member.queue.ended
    do {
      while (goesOn()) await this.#tell([member], windowEnd(member.position, this.#position), { resumes: true, patient: true })
      // While he reads what waits, the others may have gone on.
      await member.queue.drained(0)
    } while (goesOn())
    await this.#enqueue(async () => {
      if (this.#dissolved) return this.#options.regroup([member])
      await this.#tell([member], this.#position, { resumes: true })
      if (member.queue.ended) return this.#leave(member)
      member.leave = () => this.#leave(member)
      this.#members.add(member)
    })
  }

  /** Whatever advances come while the cohort is busy are one for it. */
  advance({ upTo, modules }: ChangeAdvance): void {
    const isWaiting = this.#target !== null
    this.#target = upTo
    this.#isConcerned ||= modules === null || modules.has(this.#options.changes.request.module.number)
    if (isWaiting) return
    this.#enqueue(() => this.#goOn()).catch((error: unknown) => this.#failed([], error))
  }

  async #goOn(): Promise<void> {
    const [upTo, isConcerned] = [this.#target ?? this.#position, this.#isConcerned]
    this.#target = null
    this.#isConcerned = false
    if (this.#dissolved || BigInt(upTo) <= BigInt(this.#position)) return
    if (isConcerned) await this.#tell([...this.#members], upTo)
    for (const member of this.#members) member.reach(upTo)
    this.#position = upTo
  }

  /** Lets its members go on by the rights and the schema of now. */
  regroup(): void {
    this.#enqueue(() => Promise.reject(new StaleEpochError())).catch((error: unknown) => this.#failed([], error))
  }

  /** One piece of work after the other; a failed one does not keep the next from its turn. */
  #enqueue(work: () => Promise<void> | void): Promise<void> {
    const done = this.#work.then(work)
    this.#work = done.catch(() => {})
    return done
  }

  /** `joining`: members that are not among the others yet. What fails for one of these is no matter of the others. */
  #failed(joining: readonly Member[], error: unknown): void {
    const { regroup, services } = this.#options
    const members = joining.length > 0 ? joining : this.#dissolve()
    if (error instanceof StaleEpochError) regroup(members)
    else for (const member of members) member.queue.end(services.failure(error, member.request))
    if (joining.length > 0) this.#leaveIfEmpty()
  }

  #dissolve(): readonly Member[] {
    const members = [...this.#members]
    this.#members.clear()
    for (const member of members) member.leave = () => {}
    this.#leaveIfEmpty()
    return members
  }

  #leave(member: Member): void {
    this.#members.delete(member)
    this.#leaveIfEmpty()
  }

  #leaveIfEmpty(): void {
    if (this.#members.size > 0 || this.#dissolved) return
    this.#dissolved = true
    this.#options.onEmpty()
  }

  /**
   * Tells what lies between each member's position and another one. `resumes`: from a place that may be kept no longer. `patient`: waits for whoever reads slowly. Throws StaleEpochError.
   */
  async #tell(members: readonly Member[], upTo: string, { resumes = false, patient = false } = {}): Promise<void> {
    const { services, principal, runtime, changes } = this.#options
    const { database: executor, settings, windows } = services
    const open = () => members.filter(({ queue }) => !queue.ended)
    for (let position = lowest(members); position !== null && BigInt(position) < BigInt(upTo) && open().length > 0; ) {
      const end = windowEnd(position, upTo)
      const window = { after: position, upTo: end, variables: changes.variables }
      const reader = { principal, runtime, settings }
      this.#plan ??= planWindow(changes.request, window, reader)
      const seen = await windows.read({ plan: this.#plan, window, reader })
      if (resumes || isPassing(principal.policy)) {
        // Asked behind the window: what was taken away, or shared, while it was read is known now.
        const places = await readPlaces(principal, runtime.registry, executor)
        if (places.shared !== this.#options.shared) return this.#resync(open(), places)
        if (BigInt(places.floor) > BigInt(position)) return this.#expire(open(), places)
      }
      // What is read for one who reads slowly is not read long before he gets it.
      const size = patient ? 1 : TOGETHER
      for (let start = 0; start < seen.length; start += size) {
        if (patient) for (const { queue } of open()) await queue.drained(1 / 2)
        await this.#tellInOrder(seen.slice(start, start + size), open())
      }
      for (const member of open()) member.reach(end)
      position = end
    }
  }

  /** Reads all of the changes at once, and tells one after the other. */
  async #tellInOrder(seen: readonly SeenChange[], members: readonly Member[]): Promise<void> {
    const { operations } = this.#options.changes
    const told = seen.map((change) => {
      const untold = members.filter((member) => BigInt(member.position) < BigInt(change.position))
      return { change, untold, answered: operations?.has(change.operation) === false ? null : this.#answer(untold, change) }
    })
    // One that fails stops what comes after it, not what comes before.
    await Promise.allSettled(told.map(({ answered }) => answered))
    for (const { change, untold, answered } of told) {
      const one = await answered
      if (one !== null) await this.#tellOne(untold, one)
      for (const member of untold) member.reach(change.position)
    }
  }

  async #tellOne(members: readonly Member[], { answer, by, isLast }: Answered): Promise<void> {
    const isWitnessed = this.#options.services.isWitnessed(answer)
    const { told, size } = written(answer)
    for (const member of members) {
      const { queue, request, position } = member
      if (queue.ended) continue
      if (isWitnessed && member !== by) await this.#options.services.witness(answer, request)
      if (isLast) queue.end(told)
      else if (!queue.push(told, size))
        queue.end(
          this.#resyncAnswer(request, position, say`The subscription is read too slowly, and more changes wait than are kept for it. Go on after \`cursor\`.`),
        )
    }
  }

  /** What the change is answered by, by the rights that all members have; null where nobody is left. Throws StaleEpochError where rights or schema have moved on. */
  async #answer(members: readonly Member[], change: SeenChange): Promise<Answered | null> {
    const { services, changes, principal, runtime, shared } = this.#options
    let tries = 1
    for (const member of members) {
      const { request, queue } = member
      for (; !queue.ended; tries += 1) {
        const event = new ChangeEvent(changes.request.module.name, change, cursorAt(change.position, shared, this.#reader()))
        const answer = await services.answer(request, { [changes.fieldName]: event })
        // Known after the answer, these are the rights that it was made by, or later ones.
        const now = await request.caller.principal().catch(() => null)
        if (now === null) {
          queue.end(services.failure(new GuanxiError('UNAUTHENTICATED', say`The access token or API key is not valid any more. Sign in again.`), request))
          break
        }
        const { epochs } = now.policy
        if (epochs.access !== principal.policy.epochs.access || epochs.schema !== principal.policy.epochs.schema || services.runtime() !== runtime)
          throw new StaleEpochError()
        const codes = (answer.errors ?? []).map(({ extensions }) => extensions?.['code'])
        if (!codes.includes(PASSING)) return { answer, by: member, isLast: answer.data == null && codes.some((code) => ENDING.has(code)) }
        if (tries >= TRIES)
          throw new GuanxiError('UNAVAILABLE', say`A change could not be read. Go on after \`cursor\`.`, {
            cursor: cursorAt(member.position, shared, this.#reader()),
          })
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
    }
    return null
  }

  /** The cursor is one of now: what is read after it has been taken misses nothing. */
  #resync(members: readonly Member[], { last, shared }: ChangePlaces): void {
    for (const { queue, request } of members) {
      const message = say`What you may read has changed without a change of the records. Read the current state, and go on after \`cursor\`, which was taken before.`
      queue.end(this.#options.services.resync(request, message, cursorAt(last, shared, this.#reader())))
    }
  }

  #expire(members: readonly Member[], { last, shared }: ChangePlaces): void {
    const error = cursorExpired(cursorAt(last, shared, this.#reader()))
    for (const { queue, request } of members) queue.end(this.#options.services.failure(error, request))
  }

  #resyncAnswer(request: Member['request'], position: string, message: Message): OperationAnswer {
    return this.#options.services.resync(request, message, cursorAt(position, this.#options.shared, this.#reader()))
  }

  #reader(): Reader {
    return readerOf(this.#options, this.#options.services.settings)
  }
}

/** Null where there is nobody. */
function lowest(members: readonly Member[]): string | null {
  return members.reduce<string | null>((least, { position }) => (least === null || BigInt(position) < BigInt(least) ? position : least), null)
}

/** What readers get of an answer, as text: it may wait for slow ones, and takes no more then than what they are sent, once for all of them. */
function written({ data, errors, extensions }: OperationAnswer): { readonly told: OperationAnswer; readonly size: number } {
  const text = data == null || data instanceof RawJson ? data : new RawJson(JSON.stringify(data))
  return { told: { data: text, ...(errors && { errors }), ...(extensions && { extensions }) }, size: text?.text.length ?? 0 }
}
