import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { findDrift } from '../../src/records/metadata/index.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const VICTIM = fileURLToPath(new URL('../support/metadata-victim.mjs', import.meta.url))

/** Points of each operation at which it is killed; all of them under GUANXI_PROVE. */
const POINTS = process.env.GUANXI_PROVE === '1' ? 25 : 2

/** Runs one change in a process of its own. Answers the statements that it took, or null where it was killed. */
function victim(databaseUrl: string, change: readonly unknown[], killAfter: number): Promise<number | null> {
  const child = spawn(process.execPath, [VICTIM], {
    env: { PATH: process.env.PATH ?? '', DATABASE_URL: databaseUrl, CHANGE: JSON.stringify(change), KILL_AFTER: String(killAfter) },
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (text) => (output += text))
  child.stderr.on('data', (text) => (errors += text))
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(null)
      else if (code === 0) resolve(Number(output.trim().split('\n').at(-1)))
      else reject(new Error(errors))
    })
  })
}

describe('a change of metadata whose process is killed', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server?.close())

  const state = async () => {
    await server.app.engine.refresh()
    const { schemaVersion, exportMetadata } = await server.admin.data('{ schemaVersion exportMetadata }')
    return { version: schemaVersion as number, metadata: exportMetadata }
  }

  /** Kills the change at points spread over its statements: what is left is the old state or the new one, and no drift. */
  async function killAtPoints(change: (round: number) => Promise<readonly unknown[]>): Promise<void> {
    const total = (await victim(server.database.url, await change(0), 0)) as number
    const points = [...new Set(Array.from({ length: POINTS }, (_, index) => Math.max(1, Math.round(((index + 1) * total) / POINTS))))]
    for (const [round, point] of points.entries()) {
      const next = await change(round + 1)
      const before = await state()
      await victim(server.database.url, next, point)
      const after = await state()
      expect([point, await findDrift(server.app.kernel.database, coreModules())]).toEqual([point, []])
      // The last statement is the commit.
      expect([point, after.version - before.version]).toEqual([point, point === total ? 1 : 0])
      if (point === total) expect(after.metadata).not.toEqual(before.metadata)
      else expect(after.metadata).toEqual(before.metadata)
    }
  }

  test(
    'creating fields',
    () =>
      killAtPoints(async (round) => [
        'createFields',
        ['TEXT', 'MONEY', 'INTEGER'].map((type, index) => ({
          module: 'account',
          name: `made${round}x${index}`,
          type,
          indexed: true,
          ...(type === 'TEXT' && { unique: true }),
        })),
      ]),
    120_000,
  )

  test(
    'creating a module',
    () =>
      killAtPoints(async (round) => [
        'createModule',
        {
          name: `thing${round}x`,
          pluralName: `thing${round}xs`,
          kind: 'document',
          fields: [{ name: 'owns', type: 'REFERENCES', reference: { module: 'account' } }],
        },
      ]),
    120_000,
  )

  test(
    'changing a field: rename, type, required with a default',
    () =>
      killAtPoints(async (round) => {
        const { id } = await makeField(server.admin, { module: 'contact', name: `old${round}`, type: 'TEXT' })
        return ['updateField', { id }, { name: `new${round}`, type: 'LONG_TEXT', required: true, default: 'x' }]
      }),
    120_000,
  )

  test(
    'deleting and purging a field',
    () =>
      killAtPoints(async (round) => {
        const { id } = await makeField(server.admin, { module: 'contact', name: `leaving${round}`, type: 'TEXT', unique: true, required: true })
        if (round % 2 === 0) return ['deleteField', { id }]
        await server.admin.data(METADATA.deleteField, { id })
        return ['purgeField', { id }]
      }),
    120_000,
  )
})
