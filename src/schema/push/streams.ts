import { GuanxiError, type Message, say } from '../../errors/index.ts'
import { sightOf } from '../../records/access/policy.ts'
import type { Database } from '../../records/database.ts'
import { StaleEpochError } from '../../records/epochs.ts'
import type { PreparedOperation } from '../execute/prepared-operation.ts'
import type { EngineSettings } from '../execute/session.ts'
import { NO_SCHEMA } from '../execute/subscriptions.ts'
import type { OperationAnswer, OperationRequest, Runtime } from '../operation.ts'
import type { ChangeTail } from './change-tail.ts'
import { Cohort, readerOf, type Standing } from './cohort.ts'
import { type ChangePlaces, cursorAt, positionOf, readPlaces } from './cursor.ts'
import { Member } from './member.ts'
import { prepareChanges } from './prepare-changes.ts'
import { SharedWindows } from './shared-windows.ts'

/** What subscriptions to changes need of the engine. */
export interface StreamServices {
  readonly database: Database
  readonly settings: EngineSettings
  readonly tail: ChangeTail
  readonly runtime: () => Runtime
  /** Serves the newest schema. */
  readonly refresh: () => Promise<unknown>
  /** The operation of a request; throws what stands against it by the schema of now. */
  readonly prepare: (request: OperationRequest, runtime: Runtime) => PreparedOperation
  /** Answers one event, by the rights and the schema of its moment. Never throws. */
  readonly answer: (request: OperationRequest, value: unknown) => Promise<OperationAnswer>
  /** Notes what the filter of a subscription compares of sensitive fields: what is told by it tells of their values. */
  readonly noteAsked: (standing: Standing, request: OperationRequest) => Promise<void>
  readonly failure: (error: unknown, request: OperationRequest) => OperationAnswer
  /** Whether an answer shows or refuses something that is noted for each who gets it. */
  readonly isWitnessed: (answer: OperationAnswer) => boolean
  /** Notes what an answer shows, and what it refuses, for a request that gets it too. */
  readonly witness: (answer: OperationAnswer, request: OperationRequest) => Promise<void>
  readonly resync: (request: OperationRequest, message: Message, cursor: string) => OperationAnswer
}

/** The same, and one look at changes for all cohorts that ask at the same moment. */
export interface CohortServices extends StreamServices {
  readonly windows: SharedWindows
}

/** Rights and schema may change in quick succession; so often it is tried again. */
const TRIES = 20

/** The open subscriptions to changes of this node, by cohorts. */
export class ChangeStreams {
  readonly #services: CohortServices
  readonly #cohorts = new Map<string, Cohort>()

  constructor(services: StreamServices) {
    this.#services = { ...services, windows: new SharedWindows(services.database) }
  }

  /** Opens a subscription; null where the operation is one to something else. Throws GuanxiError. */
  async open(request: OperationRequest): Promise<AsyncIterableIterator<OperationAnswer> | null> {
    const { settings } = this.#services
    const placed = await this.#placed(request)
    if (placed === null) return null
    const { standing, places } = placed
    const { principal, runtime, changes } = standing
    const position = changes.after === null ? places.last : positionOf(changes.after, places, readerOf(standing, settings))
    const member = new Member({ ...request, schema: NO_SCHEMA }, position, {
      principal,
      registry: runtime.registry,
      module: changes.request.module.name,
      shared: places.shared,
    })
    await this.#services.noteAsked(standing, request)
    this.#join(member, standing, places)
    return member.queue
  }

  #join(member: Member, standing: Standing, { last, shared }: ChangePlaces): void {
    const key = this.#keyOf(member.request, standing, shared)
    const known = this.#cohorts.get(key)
    if (known) {
      known.join(member)
      return
    }
    let forget = (): void => {}
    const onEmpty = (): void => {
      forget()
      if (this.#cohorts.get(key) === made) this.#cohorts.delete(key)
    }
    const made = new Cohort({ ...standing, shared, services: this.#services, regroup: (members) => void this.#regroup(members), onEmpty }, last)
    this.#cohorts.set(key, made)
    made.join(member)
    forget = this.#services.tail.onAdvance((advance) => made.advance(advance))
  }

  /** Another schema is served: nothing may keep the one before alive. */
  swapped(): void {
    for (const cohort of this.#cohorts.values()) cohort.regroup()
  }

  /** Members go on from where they are, each by its own rights of now; one that reads other rows than before cannot. */
  async #regroup(members: readonly Member[]): Promise<void> {
    const { settings, resync, failure } = this.#services
    for (const member of members) {
      if (member.queue.ended) continue
      const { request } = member
      try {
        request.caller.forget()
        const placed = await this.#placed(request)
        if (placed === null) throw new GuanxiError('SCHEMA_CHANGED', say`The subscription does not fit the schema any more.`)
        const { standing, places } = placed
        const { principal, runtime } = standing
        const { last, shared } = places
        if (member.reachesTheSame(principal, runtime.registry, shared)) this.#join(member, standing, places)
        else {
          const message = say`What you may read is not what it was when the subscription began. Read the current state, and go on after \`cursor\`, which was taken before.`
          member.queue.end(resync(request, message, cursorAt(last, shared, readerOf(standing, settings))))
        }
      } catch (error) {
        member.queue.end(failure(unfitted(error), request))
      }
    }
  }

  /** Rights, schema and places of now, of one version. Null for another operation. Throws GuanxiError. */
  async #placed(request: OperationRequest): Promise<{ readonly standing: Standing; readonly places: ChangePlaces } | null> {
    for (let tries = 1; ; tries += 1) {
      try {
        const standing = await this.#standing(request)
        if (standing === null) return null
        const { principal, runtime } = standing
        return { standing, places: await readPlaces(principal, runtime.registry, this.#services.database) }
      } catch (error) {
        if (!(error instanceof StaleEpochError)) throw error
        if (tries === TRIES) throw new GuanxiError('UNAVAILABLE', say`Rights or schema keep changing. Subscribe again.`)
      }
      request.caller.forget()
      await this.#services.refresh()
    }
  }

  /** Rights and schema of one version, as far as this node knows. Null for another operation. Throws GuanxiError, and StaleEpochError where the schema served is not that of the rights. */
  async #standing(request: OperationRequest): Promise<Standing | null> {
    const principal = await request.caller.principal()
    if (principal === null) throw new GuanxiError('UNAUTHENTICATED', say`Sign in first: send an access token or API key in connectionParams.authorization.`)
    const runtime = this.#services.runtime()
    if (principal.policy.epochs.schema !== runtime.version) throw new StaleEpochError()
    const changes = prepareChanges(this.#services.prepare(request, runtime), request, runtime, principal)
    return changes && { principal, runtime, changes }
  }

  #keyOf(
    { document, operationName, variables, accessMode, tellsVersion }: OperationRequest,
    { principal, runtime, changes }: Standing,
    shared: string | null,
  ): string {
    const { epochs } = principal.policy
    // Those who resume are soon told the same, wherever they began.
    const told = Object.entries(variables).filter(([name]) => name !== changes.afterVariable)
    return JSON.stringify([
      document.loc?.source.body ?? '',
      operationName,
      told,
      accessMode,
      tellsVersion === true,
      sightOf(principal, changes.byCaller),
      epochs,
      runtime.version,
      shared,
      changes.about,
    ])
  }
}

/** What could be subscribed to and names now what is unknown, or hidden from whoever subscribed. */
function unfitted(error: unknown): unknown {
  if (!(error instanceof GuanxiError) || error.code !== 'GRAPHQL_VALIDATION_FAILED') return error
  return new GuanxiError(
    'SCHEMA_CHANGED',
    say`The subscription does not fit what you are shown any more: ${error.text} Fetch the schema, and subscribe after the last cursor.`,
  )
}
