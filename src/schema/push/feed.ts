import { GuanxiError, say, validationFailed } from '../../errors/index.ts'
import { isAllowed } from '../../records/access/secured.ts'
import { type ChangesPlan, readFresh, type SeenChange } from '../../records/read/index.ts'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { requirePrincipal } from '../execute/read-records.ts'
import type { OperationSession } from '../execute/session.ts'
import { PlainSource } from '../operation.ts'
import { moduleForbidden } from '../plan/collect-root.ts'
import { ChangeEvent } from './change-event.ts'
import { cursorAt, cursorExpired, positionOf, readPlaces } from './cursor.ts'
import { planWindow, readWindow, windowEnd } from './windows.ts'

export interface FeedArguments {
  readonly modules?: readonly string[] | null
  readonly after: string
  readonly first?: number | null
  readonly excludeOwn?: boolean | null
}

/** Changes of a page at most. */
const LARGEST_PAGE = 500
/** Windows that are looked through for one page: a reader who is told little goes on from the page's cursor. */
const MOST_WINDOWS = 10

/** The place in front of an operation's reads. Shared by all its fields. */
export function changeCursor(session: OperationSession): Promise<string> {
  const principal = requirePrincipal(session)
  session.place ??= readPlaces(principal, session.runtime.registry, session.executor)
  return session.place.then(({ last, shared }) => cursorAt(last, shared, readerOf(session)))
}

/** A page of `Query.changes`. Throws CURSOR_INVALID, CURSOR_EXPIRED, RESYNC, LIMIT_EXCEEDED, VALIDATION_FAILED, FORBIDDEN. */
export async function readFeed(session: OperationSession, { modules: names, after, first, excludeOwn }: FeedArguments): Promise<PlainSource> {
  const principal = requirePrincipal(session)
  const size = first ?? LARGEST_PAGE
  if (size < 1) throw validationFailed([{ path: ['first'], code: 'MIN', message: say`first must be at least 1.` }])
  if (size > LARGEST_PAGE)
    throw new GuanxiError('LIMIT_EXCEEDED', say`first may be ${LARGEST_PAGE} at most; ${size} was asked.`, { limit: LARGEST_PAGE, asked: size })
  const modules = modulesOf(session, names)
  const places = await readPlaces(principal, session.runtime.registry, session.executor)
  const reader = readerOf(session)
  const start = positionOf(after, places, reader)
  let position = start
  const sight = { principal, runtime: session.runtime, settings: session.settings }
  const plans = new Map<ModuleDefinition, ChangesPlan>()
  const found: { readonly module: ModuleDefinition; readonly change: SeenChange }[] = []
  for (let windows = 0; windows < MOST_WINDOWS && found.length <= size && BigInt(position) < BigInt(places.last); windows += 1) {
    const upTo = windowEnd(position, places.last)
    const present = await modulesWithin(session, position, upTo)
    for (const module of modules.filter(({ number }) => present.has(number))) {
      const window = { after: position, upTo, ...(excludeOwn === true && { without: principal.userId }), variables: {} }
      const plan = plans.get(module) ?? planWindow({ kind: 'changes', module, filter: null }, window, sight)
      plans.set(module, plan)
      for (const change of await readWindow({ plan, window, reader: sight }, session.executor)) found.push({ module, change })
      session.uses.add(`READ ${module.name}`)
    }
    position = upTo
  }
  // What is taken away while it is read is not read.
  const { floor } = await readPlaces(principal, session.runtime.registry, session.executor)
  if (BigInt(floor) > BigInt(start)) throw cursorExpired(cursorAt(places.last, places.shared, reader))
  const inOrder = found.sort((a, b) => (BigInt(a.change.position) < BigInt(b.change.position) ? -1 : 1))
  const page = inOrder.slice(0, size)
  const end = inOrder.length > size ? (page.at(-1)?.change.position as string) : position
  const at = (place: string) => cursorAt(place, places.shared, reader)
  return new PlainSource({
    nodes: page.map(({ module, change }) => new ChangeEvent(module.name, change, at(change.position))),
    cursor: at(end),
    hasNextPage: BigInt(end) < BigInt(places.last),
  })
}

function readerOf(session: OperationSession) {
  return { principal: requirePrincipal(session), registry: session.runtime.registry, cursorKey: session.settings.cursorKey, filter: '' }
}

/** A module that does not exist answers as one that cannot be read. */
function modulesOf(session: OperationSession, names: readonly string[] | null | undefined): ModuleDefinition[] {
  const { registry } = session.runtime
  const { policy } = requirePrincipal(session)
  const readable = [...registry.modules.values()].filter((module) => isAllowed(module, 'READ', policy, registry))
  if (names == null) return readable
  return [...new Set(names)].map((name) => readable.find((module) => module.name === name) ?? refuse(name))
}

function refuse(name: string): never {
  throw moduleForbidden({ name, pluralName: `records of a module ${JSON.stringify(name.slice(0, 60))}` } as ModuleDefinition)
}

/** Throws StaleEpochError. */
async function modulesWithin(session: OperationSession, after: string, upTo: string): Promise<ReadonlySet<number>> {
  const { policy } = requirePrincipal(session)
  const data = `(SELECT coalesce(json_agg(DISTINCT module_number), '[]') FROM outbox WHERE position > $1::bigint AND position <= $2::bigint)`
  return new Set(JSON.parse((await readFresh(data, [after, upTo], policy, session.executor)) as string) as number[])
}
