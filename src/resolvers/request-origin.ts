import type { Principal, RequestOrigin } from '../auth/index.ts'
import { GuanxiError, say } from '../errors/index.ts'
import { namesOfOperation, type ResolverContext } from '../schema/operation.ts'

/** Where the operation comes from, for audit and sessions. */
export function originOf({ request }: ResolverContext): RequestOrigin {
  const { requestId, client, ip, userAgent } = request
  return { requestId, client, ip, userAgent, ...namesOfOperation(request) }
}

/** The caller. Throws UNAUTHENTICATED for an anonymous one; the rule tree has refused it before already. */
export function callerOf({ principal }: ResolverContext): Principal {
  if (!principal) throw new GuanxiError('UNAUTHENTICATED', say`Sign in first: send \`Authorization: Bearer <access token or API key>\`.`)
  return principal
}

/** The caller with rights read anew, for the answer of an operation that has changed rights itself. Throws UNAUTHENTICATED if it lost its own. */
export async function refreshedCaller({ request }: ResolverContext): Promise<Principal | undefined> {
  request.caller.forget()
  return (await request.caller.principal()) ?? undefined
}
