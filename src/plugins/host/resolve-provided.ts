/**
 * Node's loader hook (https://nodejs.org/api/module.html#customization-hooks), in a thread of its own: what a plugin imports and its own folder does not have is taken from the server. Imports
 * nothing, since that would be loaded into that thread.
 */

/** URLs by what is imported. */
export type Provided = Readonly<Record<string, string>>

type Resolve = (specifier: string, context: object) => Promise<object>

const provided = new Map<string, string>()

/** Is told by `register` what there is. */
export function initialize(urls: Provided): void {
  for (const [specifier, url] of Object.entries(urls)) provided.set(specifier, url)
}

/** Decorators note what they decorate by classes and scalars of the server's own copy: one that a plugin has installed for its tests is another. */
const SERVERS_OWN = 'guanxi/type-graphql'

export async function resolve(specifier: string, context: object, nextResolve: Resolve): Promise<object> {
  try {
    return await nextResolve(specifier === SERVERS_OWN ? (provided.get(specifier) ?? specifier) : specifier, context)
  } catch (error) {
    const url = provided.get(specifier)
    if (url === undefined || (error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    return nextResolve(url, context)
  }
}
