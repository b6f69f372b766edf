import type { ChangeSet } from '../records/write/request.ts'

/** Where the records of the demo come from, as `source` and as the system of their external ids. */
export const NORTHWIND = 'northwind'
export const GENERATED = 'demo'

/** Largest number of records that one call of the write pipeline takes. */
const BATCH = 1_000

/** Creates records of one module, in calls of at most 1,000; answers their ids in the order of the inputs. */
export async function createAll(changes: ChangeSet, module: string, inputs: readonly Readonly<Record<string, unknown>>[]): Promise<string[]> {
  const definition = changes.registry.module(module)
  const ids: string[] = []
  for (let start = 0; start < inputs.length; start += BATCH) {
    const batch = inputs.slice(start, start + BATCH)
    const outcome = await changes.create(definition, batch, { pathOf: (index) => [module, start + index] })
    ids.push(...outcome.ids)
  }
  return ids
}

/** Creates records and answers their ids by the key that `keyOf` gives each source row. */
export async function createKeyed<Source>(
  changes: ChangeSet,
  module: string,
  sources: readonly Source[],
  keyOf: (source: Source) => string,
  inputOf: (source: Source) => Readonly<Record<string, unknown>>,
): Promise<Ids> {
  const ids = await createAll(changes, module, sources.map(inputOf))
  return new Ids(module, new Map(sources.map((source, index) => [keyOf(source), ids[index] as string])))
}

/** Record ids by source key. */
export class Ids {
  readonly #module: string
  readonly #ids: ReadonlyMap<string, string>

  constructor(module: string, ids: ReadonlyMap<string, string>) {
    this.#module = module
    this.#ids = ids
  }

  /** Id of the record; throws for a key that was not loaded. */
  of(key: string): string {
    const id = this.#ids.get(key)
    if (id === undefined) throw new RangeError(`no ${this.#module} was loaded for ${key}`)
    return id
  }

  /** Reference to the record, as inputs take it. */
  ref(key: string): { id: string } {
    return { id: this.of(key) }
  }

  get size(): number {
    return this.#ids.size
  }
}
