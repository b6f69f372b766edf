/**
 * Lets plain Node import the TypeScript of this repository: import this file first, then `await import('….ts')`. For scripts and
 * tests; the product itself runs compiled from dist/. What was compiled is kept, for the many processes of a test run.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { SWC_OPTIONS } from './swc-options.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** One file for each source, at the same path; its last line says what it was compiled from. */
const KEPT = join(ROOT, '.guanxi', 'compiled')
/** What decides about the outcome, besides the source: the version of the compiler among it. */
const COMPILER = JSON.stringify(SWC_OPTIONS) + readFileSync(createRequire(import.meta.url).resolve('@swc/core/package.json'), 'utf8')

if (isMainThread) register(import.meta.url)

/** Node's loader hook (https://nodejs.org/api/module.html#loadurl-context-nextload). */
export async function load(url, context, nextLoad) {
  if (!/^file:[^?#]*\.ts(\?|$)/.test(url)) return nextLoad(url, context)
  const filename = fileURLToPath(url)
  const text = readFileSync(filename, 'utf8')
  const origin = `//${createHash('sha256').update(COMPILER).update(filename).update(text).digest('base64')}`
  const path = join(KEPT, `${relative(ROOT, filename)}.mjs`)
  return { format: 'module', source: kept(path, origin) ?? (await compile(filename, text, path, origin)), shortCircuit: true }
}

function kept(path, origin) {
  try {
    const code = readFileSync(path, 'utf8')
    return code.endsWith(origin) ? code : undefined
  } catch {
    return undefined
  }
}

async function compile(filename, text, path, origin) {
  const { transform } = await import('@swc/core')
  const { code } = await transform(text, { ...SWC_OPTIONS, filename })
  // Sources elsewhere, which tests make, are compiled once.
  if (relative(KEPT, path).startsWith('..')) return code
  const source = `${code.trimEnd()}\n${origin}`
  const unfinished = `${path}.${randomUUID()}`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(unfinished, source)
  renameSync(unfinished, path)
  return source
}
