import type { Principal } from '../../records/access/policy.ts'
import { lastModuleOf, reachDigest } from '../../records/access/reach-digest.ts'
import type { Registry } from '../../records/registry/definition.ts'
import type { OperationAnswer, OperationRequest } from '../operation.ts'
import { MemberQueue } from './member-queue.ts'

/** Answers that may wait for one subscriber. */
export const LONGEST_QUEUE = 1_000

/** One open subscription to changes. */
export class Member {
  readonly request: OperationRequest
  readonly queue: MemberQueue<OperationAnswer>
  /** Called when it ends, by itself or by its reader. */
  leave: () => void = () => {}
  /** It has been told everything up to here. */
  position: string
  readonly #reach: { readonly lastModule: number; readonly digest: string }

  constructor(request: OperationRequest, position: string, principal: Principal, registry: Registry) {
    this.request = request
    this.position = position
    this.queue = new MemberQueue(LONGEST_QUEUE, () => this.leave())
    const lastModule = lastModuleOf(registry)
    this.#reach = { lastModule, digest: reachDigest(principal.policy, registry, lastModule) }
  }

  /** Its reader may read the same rows as when it began, as far as rights have a say. */
  reachesTheSame({ policy }: Principal, registry: Registry): boolean {
    return reachDigest(policy, registry, this.#reach.lastModule) === this.#reach.digest
  }
}
