import type { SeenChange } from '../../records/read/index.ts'
import { PlainSource } from '../operation.ts'

/** A change as the source of a GraphQL object. */
export class ChangeEvent extends PlainSource {
  readonly module: string
  readonly id: string
  readonly shows: boolean

  constructor(module: string, change: SeenChange, cursor: string) {
    const { at, operation, id, version, changedFields, changeSetId, actor, shows } = change
    super({ cursor, at, operation, version, changedFields, changeSetId, actor: actor && new PlainSource(actor) })
    this.module = module
    this.id = id
    this.shows = shows
  }
}
