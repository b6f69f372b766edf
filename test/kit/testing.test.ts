import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** `guanxi/testing` as authors of plugins have it: out of an installed package, under the test runner that they like. */
describe('the published test kit', () => {
  let folder: string
  let cache: string

  beforeAll(() => {
    spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { stdio: 'inherit' })
    folder = mkdtempSync(join(tmpdir(), 'guanxi-kit-'))
    cache = mkdtempSync(join(tmpdir(), 'guanxi-kit-cache-'))
    cpSync(fileURLToPath(new URL('./packages', import.meta.url)), folder, { recursive: true })
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(ROOT, join(folder, 'node_modules', 'guanxi'))
    for (const name of ['zod', 'jest', '@jest']) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }, 120_000)
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
    rmSync(cache, { recursive: true, force: true, maxRetries: 5 })
  })

  const RUNNERS = [
    { name: 'node:test', place: 'with-node-test', options: ['--test', 'kit.test.js'], says: /# pass 1\b|ℹ pass 1\b/ },
    {
      name: 'jest',
      place: 'with-jest',
      options: ['--experimental-vm-modules', join(ROOT, 'node_modules/jest/bin/jest.js')],
      says: /Tests:\s+1 passed, 1 total/,
    },
  ]
  for (const { name, place, options, says } of RUNNERS) {
    test(`serves tests under ${name}, and leaves nothing behind`, () => {
      const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...environment } = process.env
      const { status, stdout, stderr } = spawnSync(process.execPath, options, {
        cwd: join(folder, place),
        encoding: 'utf8',
        env: { ...environment, GUANXI_TEST_CACHE: cache, TEST_DATABASE_URL: '', FORCE_COLOR: '0' },
        timeout: 170_000,
      })
      expect(stdout + stderr).toMatch(says)
      expect(stdout + stderr).not.toMatch(/did not exit|open handle|force exited/i)
      expect(status).toBe(0)
      expect(readdirSync(join(cache, 'runs'))).toEqual([])
    }, 180_000)
  }
})
