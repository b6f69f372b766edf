import { GuanxiError, say } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import { epochsHold } from '../../records/epochs.ts'
import type { Registry } from '../../records/registry/index.ts'
import type { RouteAnswer, RouteRequest } from '../api/index.ts'
import { callContext } from './call-context.ts'
import { unavailable } from './guarded-call.ts'
import type { PluginInstance } from './instance.ts'
import type { HostServices } from './services.ts'

/** Milliseconds for an answer. */
const BUDGET = 10_000

/** Looks at rights that change all the time. */
const TRIES = 5

/** Who sent a request, and where it comes from. */
export interface RouteCaller {
  principal(): Promise<Principal | null>
  /** Drops what is cached of the caller's rights. */
  forget(): void
  readonly requestId: string
  readonly client: string | null
  readonly ip: string | null
}

/** Answers a request below `/plugins/<name>` by the rights of its sender, which are those of now. Throws what the sender is to be told. */
export async function answerRoute(
  services: HostServices,
  find: (registry: Registry) => PluginInstance | undefined | null,
  request: RouteRequest,
  caller: RouteCaller,
): Promise<RouteAnswer> {
  const principal = await currentPrincipal(services, caller)
  const registry = services.registry()
  const instance = find(registry)
  if (instance === null) throw unavailable('behind this path')
  const routes = instance?.loaded.definition.routes ?? []
  const route = routes.find(({ method, path }) => path === request.path && method === request.method)
  if (!instance || !route) throw new GuanxiError('NOT_FOUND', say`There is nothing here.`)
  if (route.permission !== undefined && !instance.permits(principal, route.permission))
    throw new GuanxiError('FORBIDDEN', say`Your roles do not have the permission that this needs.`)
  const { requestId, client, ip } = caller
  const origin = { requestId, cause: 'plugin', operationName: `${request.method} ${request.path}`, client, ip } as const
  return instance.calls.run(`route ${request.method} ${request.path}`, BUDGET, (turn) =>
    route.handle(request, callContext(services, instance, turn, { principal, registry, origin })),
  )
}

/** The sender with rights of this moment and of the schema that is served. */
async function currentPrincipal({ database, registry }: HostServices, caller: RouteCaller): Promise<Principal> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const principal = await caller.principal()
    if (principal === null) throw new GuanxiError('UNAUTHENTICATED', say`Sign in first: send \`Authorization: Bearer <access token or API key>\`.`)
    if (principal.policy.epochs.schema === registry().version && (await epochsHold(database, principal))) return principal
    caller.forget()
    await new Promise((resolve) => setTimeout(resolve, 20 * attempt))
  }
  throw new GuanxiError('UNAVAILABLE', say`Rights or schema keep changing. Send the request again.`)
}
