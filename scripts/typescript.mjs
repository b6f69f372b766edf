/**
 * Lets plain Node import the TypeScript of this repository: import this file first, then `await import('….ts')`. For scripts and
 * tests; the product itself runs compiled from dist/.
 */
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) register(import.meta.url)

/** Node's loader hook (https://nodejs.org/api/module.html#loadurl-context-nextload). */
export async function load(url, context, nextLoad) {
  if (!/^file:[^?#]*\.ts(\?|$)/.test(url)) return nextLoad(url, context)
  const [{ transform }, { SWC_OPTIONS }] = await Promise.all([import('@swc/core'), import('./swc-options.mjs')])
  const filename = fileURLToPath(url)
  const { code } = await transform(await readFile(filename, 'utf8'), { ...SWC_OPTIONS, filename })
  return { format: 'module', source: code, shortCircuit: true }
}
