/**
 * Loads the modules of a test run by Node itself instead of in jest's module registry: a worker process compiles the program once
 * and not once a test file, which took longer than most files' tests. `@jest/globals` stands for the functions of the file that runs.
 */
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'
import '../../scripts/typescript.mjs'

const GLOBALS = 'test-globals:'
const NAMES = ['afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'it', 'jest', 'test']

if (isMainThread) register(import.meta.url)

/** Node's loader hook (https://nodejs.org/api/module.html#resolvespecifier-context-nextresolve). */
export function resolve(specifier, context, nextResolve) {
  return specifier === '@jest/globals' ? { url: GLOBALS, shortCircuit: true } : nextResolve(specifier, context)
}

/** Node's loader hook (https://nodejs.org/api/module.html#loadurl-context-nextload). */
export function load(url, context, nextLoad) {
  if (url !== GLOBALS) return nextLoad(url, context)
  // Modules that stay loaded keep what they imported, so each function looks up at its call which file runs.
  const source = `
    const current = (name) => new Proxy(() => undefined, {
      apply: (_target, _self, values) => globalThis.guanxiTestGlobals[name](...values),
      get: (_target, key) => globalThis.guanxiTestGlobals[name][key],
    })
    ${NAMES.map((name) => `export const ${name} = current('${name}')`).join('\n')}`
  return { format: 'module', source, shortCircuit: true }
}
