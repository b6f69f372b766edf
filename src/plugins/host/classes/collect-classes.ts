// Decorators ask it for types; a command such as `plugin check` has loaded nothing else that does.
import 'reflect-metadata'
import { getMetadataStorage } from 'type-graphql'

/** What decorators of TypeGraphQL have noted. */
export type ClassMetadata = ReturnType<typeof getMetadataStorage>

/** Ends the collecting: what was noted since it began, apart from everybody else's. */
export type Collecting = () => ClassMetadata

/**
 * Decorators note what they decorate in one store of the whole process, for good. What is noted from now until the answer is called is taken out of it again, so that a plugin leaves nothing there
 * when it goes, and a later version of it meets nothing of an earlier one. One plugin at a time.
 */
export function collectClasses(): Collecting {
  const storage = getMetadataStorage()
  const before = new Map(listsOf(storage).map(([name, list]) => [name, list.length]))
  return () => {
    const apart = new (storage.constructor as new () => ClassMetadata)()
    for (const [name, list] of listsOf(storage)) Reflect.set(apart, name, list.splice(before.get(name) ?? 0))
    return apart
  }
}

function listsOf(storage: ClassMetadata): [string, unknown[]][] {
  return Object.entries(storage).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]))
}

/** Runs `work`, which is no promise, while the store of the process is another one. */
export function withMetadata<T>(metadata: ClassMetadata, work: () => T): T {
  const holder = globalThis as { TypeGraphQLMetadataStorage?: ClassMetadata }
  const before = getMetadataStorage()
  holder.TypeGraphQLMetadataStorage = metadata
  try {
    return work()
  } finally {
    holder.TypeGraphQLMetadataStorage = before
  }
}
