import { expect, test } from '@jest/globals'
import { initialize, resolve } from '../../src/plugins/host/resolve-provided.ts'

test('a plugin gets what it has not installed from the server, and the decorators in any case', async () => {
  initialize({ 'guanxi/plugin': 'file:///server/plugin.js', 'guanxi/type-graphql': 'file:///server/decorators.js' })
  const missing = Object.assign(new Error('missing'), { code: 'ERR_MODULE_NOT_FOUND' })
  const installed = async (specifier: string) => ({ url: specifier.startsWith('file:') ? specifier : `file:///plugin/${specifier}` })
  const nothing = async (specifier: string) => {
    if (!specifier.startsWith('file:')) throw missing
    return { url: specifier }
  }
  expect(await resolve('guanxi/plugin', {}, installed)).toEqual({ url: 'file:///plugin/guanxi/plugin' })
  expect(await resolve('guanxi/plugin', {}, nothing)).toEqual({ url: 'file:///server/plugin.js' })
  for (const next of [installed, nothing]) expect(await resolve('guanxi/type-graphql', {}, next)).toEqual({ url: 'file:///server/decorators.js' })
  await expect(resolve('left-pad', {}, nothing)).rejects.toBe(missing)
})
