import type { OperationRequest, ResolverContext } from '../schema/operation.ts'

/**
 * Does the work of a mutation once for its request. The executor runs an operation again when rights have changed while it ran; by then a session may have
 * been refreshed or a key been made, and only the reading of the answer was in vain. Work that failed has changed nothing and is done again.
 * (Hand-written mutations stand alone in their operation, so the request names the work.)
 */
export class CommittedWork {
  readonly #done = new WeakMap<OperationRequest, Promise<unknown>>()

  run<T>({ request }: ResolverContext, work: () => Promise<T>): Promise<T> {
    const known = this.#done.get(request)
    if (known) return known as Promise<T>
    const result = work()
    this.#done.set(request, result)
    result.catch(() => this.#done.delete(request))
    return result
  }
}
