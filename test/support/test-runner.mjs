/**
 * jest-circus, with modules that Node loads (test/support/native-modules.mjs). Test files share what they import with the other
 * files of their worker process; nothing of `src` may therefore keep state outside of what a test opens and closes.
 */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import circus from 'jest-circus/runner'
import { ModuleMocker } from 'jest-mock'
import './native-modules.mjs'

process.setSourceMapsEnabled(true)

const require = createRequire(import.meta.url)
const mocker = new ModuleMocker(globalThis)
const mocks = { fn: mocker.fn.bind(mocker), spyOn: mocker.spyOn.bind(mocker) }
const loaded = new Set()

/** A fresh jest-circus: what it keeps of the file before goes. */
function requireAfresh(path) {
  delete globalThis[Symbol.for('EVENT_HANDLERS')]
  delete require.cache[path]
  return require(path)
}

/** Runs a test file's module, also when it ran before (in watch mode). */
function importAfresh(path) {
  const again = loaded.has(path) ? `?${loaded.size}` : ''
  loaded.add(path + again)
  return import(pathToFileURL(path) + again)
}

/** Jest's `testRunner`: the runtime that jest-circus is given loads by Node. */
export default async function run(globalConfig, config, environment, runtime, testPath, sendMessage) {
  // Jest puts its own there, which knows the sources of its module registry only.
  Error.prepareStackTrace = undefined
  const native = Object.create(runtime, {
    requireInternalModule: { value: requireAfresh },
    requireModule: { value: require },
    setGlobalsForRuntime: {
      value: (globals) => {
        globalThis.guanxiTestGlobals = { ...globals, jest: mocks }
      },
    },
    unstable_shouldLoadAsEsm: { value: () => true },
    unstable_importModule: { value: importAfresh },
  })
  try {
    return await circus.default(globalConfig, config, environment, native, testPath, sendMessage)
  } finally {
    mocker.restoreAllMocks()
  }
}
