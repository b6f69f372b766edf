import type { Principal } from '../../records/access/policy.ts'
import { StaleEpochError } from '../../records/epochs.ts'
import type { SeenChange } from '../../records/read/index.ts'
import type { OperationAnswer, Runtime } from '../operation.ts'
import { ChangeEvent } from './change-event.ts'
import type { ChangeAdvance } from './change-tail.ts'
import { cursorAt, type Reader, readPlaces } from './cursor.ts'
import { LONGEST_QUEUE, type Member } from './member.ts'
import type { PreparedChanges } from './prepare-changes.ts'
import type { StreamServices } from './streams.ts'
import { planWindow, readWindow, type WindowPlan, windowEnd } from './windows.ts'

/** How its members read changes; the same for all of them. */
export interface CohortRights {
  readonly principal: Principal
  readonly runtime: Runtime
  readonly changes: PreparedChanges
}

export interface CohortOptions extends CohortRights {
  readonly services: StreamServices
  /** Its members go on elsewhere, by the rights and the schema of now. */
  readonly regroup: (members: readonly Member[]) => void
  /** Its last member has left. */
  readonly onEmpty: () => void
}

/** After an answer with one of these the subscription has ended. */
const ENDING: ReadonlySet<unknown> = new Set(['SCHEMA_CHANGED', 'FORBIDDEN', 'GRAPHQL_VALIDATION_FAILED'])

/**
 * Subscriptions of one document and the same variables, whose readers are shown the same: each change is looked at once for all of them, executed once, and told to each by the
 * same text. As soon as rights or schema move on, it dissolves, and what they mean to each member is asked anew.
 */
export class Cohort {
  readonly #options: CohortOptions
  readonly #members = new Set<Member>()
  /** All members but those that join are told everything up to here. */
  #position: string
  /** Digest of what is shared with its readers. */
  #shared: string | null
  #plan: WindowPlan | undefined
  #work: Promise<void> = Promise.resolve()
  #dissolved = false

  constructor(options: CohortOptions, position: string, shared: string | null) {
    this.#options = options
    this.#position = position
    this.#shared = shared
  }

  /** Takes a member that has been told everything up to its position. */
  join(member: Member): void {
    this.#enqueue(async () => {
      if (this.#dissolved) return this.#options.regroup([member])
      if (this.#members.size === 0) this.#position = member.position
      member.leave = () => this.#leave(member)
      // What this one is told alone, the others have been told already.
      if (BigInt(member.position) < BigInt(this.#position)) await this.#tell([member], this.#position)
      if (!member.queue.ended) this.#members.add(member)
      else this.#leave(member)
    })
  }

  advance({ upTo, modules }: ChangeAdvance): void {
    this.#enqueue(async () => {
      if (this.#dissolved || BigInt(upTo) <= BigInt(this.#position)) return
      if (modules === null || modules.has(this.#options.changes.request.module.number)) await this.#tell([...this.#members], upTo)
      else for (const member of this.#members) member.position = upTo
      this.#position = upTo
    })
  }

  /** Lets its members go on by the rights and the schema of now. */
  regroup(): void {
    this.#enqueue(() => Promise.reject(new StaleEpochError()))
  }

  #enqueue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => this.#failed(error))
  }

  #failed(error: unknown): void {
    const members = this.#dissolve()
    if (error instanceof StaleEpochError) this.#options.regroup(members)
    else for (const member of members) member.queue.end(this.#options.services.failure(error, member.request))
  }

  #dissolve(): readonly Member[] {
    const members = [...this.#members]
    this.#dissolved = true
    this.#members.clear()
    for (const member of members) member.leave = () => {}
    this.#options.onEmpty()
    return members
  }

  #leave(member: Member): void {
    this.#members.delete(member)
    if (this.#members.size > 0 || this.#dissolved) return
    this.#dissolved = true
    this.#options.onEmpty()
  }

  /** Tells what lies between the members' position and another one. Throws StaleEpochError, which ends the cohort. */
  async #tell(members: readonly Member[], upTo: string): Promise<void> {
    const { services, principal, runtime, changes } = this.#options
    const { database: executor, settings } = services
    if (members.length === 0) return
    if (principal.policy.shared.size > 0 && (await readPlaces(principal, executor)).shared !== this.#shared) return this.#resync(members)
    for (let position = (members[0] as Member).position; BigInt(position) < BigInt(upTo); ) {
      const end = windowEnd(position, upTo)
      const window = { after: position, upTo: end, variables: changes.variables }
      const reader = { principal, runtime, settings }
      this.#plan ??= planWindow(changes.request, window, reader)
      for (const change of await readWindow(this.#plan, window, reader, executor)) {
        if (changes.operations?.has(change.operation) !== false) await this.#tellOne(members, change)
        for (const member of members) member.position = change.position
      }
      for (const member of members) member.position = end
      position = end
      if (members.every(({ queue }) => queue.ended)) return
    }
  }

  async #tellOne(members: readonly Member[], change: SeenChange): Promise<void> {
    const open = members.filter(({ queue }) => !queue.ended)
    // One alone is waited for; among others the slow one is let go.
    if (open.length === 1) await (open[0] as Member).queue.drained(LONGEST_QUEUE / 2)
    const answer = await this.#answer(open, change)
    if (answer === null) return
    for (const { queue, request, position } of open) {
      if (queue.push(answer)) continue
      queue.end(this.#resyncAnswer(request, position, 'The subscription is read too slowly, and more changes wait than are kept for it. Go on after `cursor`.'))
    }
  }

  /** What the change is answered by, by the rights that all members have; null where nobody is left. Throws StaleEpochError where these are no longer theirs. */
  async #answer(members: readonly Member[], change: SeenChange): Promise<OperationAnswer | null> {
    const { services, changes, principal } = this.#options
    for (const member of members) {
      const { request, queue } = member
      if (queue.ended) continue
      const event = new ChangeEvent(changes.request.module.name, change, cursorAt(change.position, this.#shared, this.#reader()))
      const answer = await services.answer(request, { [changes.fieldName]: event })
      const codes = (answer.errors ?? []).map(({ extensions }) => extensions?.['code'])
      // The rights by which it was answered are at most as old as those that are known now.
      const now = await request.caller.principal().catch(() => null)
      if (now === null || codes.includes('UNAUTHENTICATED')) {
        queue.end(answer)
        continue
      }
      if (now.policy.fingerprint !== principal.policy.fingerprint || codes.some((code) => ENDING.has(code))) throw new StaleEpochError()
      return answer
    }
    return null
  }

  #resync(members: readonly Member[]): void {
    for (const { queue, request, position } of members)
      queue.end(
        this.#resyncAnswer(
          request,
          position,
          'What is shared with you has changed. Read the current state, and subscribe after a cursor that was taken before.',
        ),
      )
  }

  #resyncAnswer(request: Member['request'], position: string, message: string): OperationAnswer {
    return this.#options.services.resync(request, message, cursorAt(position, this.#shared, this.#reader()))
  }

  #reader(): Reader {
    const { principal, runtime, services, changes } = this.#options
    return { principal, registry: runtime.registry, cursorKey: services.settings.cursorKey, filter: changes.filterDigest }
  }
}
