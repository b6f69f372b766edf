import { register } from 'node:module'
import { extname } from 'node:path'
import type { Provided } from './resolve-provided.ts'

/** Marks the process: Node.js keeps a hook for as long as the process lives, however many servers begin and end in it. */
const MARK = Symbol.for('guanxi.plugin.modules')

/** Sources are TypeScript, what is built from them is not. */
const ending = extname(new URL(import.meta.url).pathname)

/**
 * Lets plugins import `guanxi/plugin`, `guanxi/type-graphql` and zod where their own folders do not have them: a plugin in a folder needs no installation then. What a plugin has installed itself goes
 * first, but for the decorators. Call before the first code of a plugin is loaded.
 */
export function provideModules(): void {
  if (Reflect.has(globalThis, MARK)) return
  Reflect.defineProperty(globalThis, MARK, { value: true })
  const data: Provided = {
    'guanxi/plugin': new URL(`../api/index${ending}`, import.meta.url).href,
    'guanxi/type-graphql': new URL(`../type-graphql/index${ending}`, import.meta.url).href,
    zod: import.meta.resolve('zod'),
  }
  register(`./resolve-provided${ending}`, { parentURL: import.meta.url, data })
}
