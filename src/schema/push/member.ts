import { parentOf } from '../../records/access/access-parent.ts'
import type { Principal } from '../../records/access/policy.ts'
import { reachDigest } from '../../records/access/reach-digest.ts'
import type { ModuleDefinition, Registry } from '../../records/registry/definition.ts'
import type { OperationAnswer, OperationRequest } from '../operation.ts'
import { MemberQueue } from './member-queue.ts'

/** Answers that may wait for one subscriber, and the characters of their texts. */
const QUEUE = Object.freeze({ values: 1_000, size: 2 * 1024 * 1024 })

/** One open subscription to changes. */
export class Member {
  readonly request: OperationRequest
  readonly queue: MemberQueue<OperationAnswer>
  /** Called when it ends, by itself or by its reader. */
  leave: () => void = () => {}
  readonly #module: string
  readonly #reach: string
  readonly #shared: string | null
  #position: string

  constructor(request: OperationRequest, position: string, { principal, registry, module, shared }: MemberRights) {
    this.request = request
    this.#position = position
    this.#module = module
    this.#shared = shared
    this.queue = new MemberQueue(QUEUE, () => this.leave())
    this.#reach = reachDigest(principal.policy, [...withParents(module, registry)])
  }

  /** It has been told everything up to here. */
  get position(): string {
    return this.#position
  }

  /** It has been told everything up to a place; it never goes back. */
  reach(position: string): void {
    if (BigInt(position) > BigInt(this.#position)) this.#position = position
  }

  /** Its reader may read the same rows as when it began, as far as rights have a say. `shared`: as when it began. */
  reachesTheSame({ policy }: Principal, registry: Registry, shared: string | null): boolean {
    return shared === this.#shared && registry.modules.has(this.#module) && reachDigest(policy, [...withParents(this.#module, registry)]) === this.#reach
  }
}

/** What a member may read when it begins. */
export interface MemberRights {
  readonly principal: Principal
  readonly registry: Registry
  /** Whose changes it follows. */
  readonly module: string
  /** As `ChangePlaces` has it. */
  readonly shared: string | null
}

/** The module and those whose records decide about its own. */
function* withParents(name: string, registry: Registry): Iterable<ModuleDefinition> {
  const module = registry.module(name)
  yield module
  if (module.accessParent !== undefined) yield* withParents(parentOf(module, registry).module.name, registry)
}
