import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { eventually } from '../support/guanxi-process.ts'

/** Folder for temporary files of the script that is tried. */
let temporary: string
let child: ChildProcess | undefined
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'guanxi-scripts-'))
})
afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(temporary, { recursive: true })
})

const foldersLeft = (): string[] => readdirSync(temporary).filter((name) => name.startsWith('guanxi-made-'))
const noted = (): string => (existsSync(join(temporary, 'notes')) ? readFileSync(join(temporary, 'notes'), 'utf8') : '')

/** A script that works in a folder, and notes what it has stopped. Answers how it ended. */
function script(work: string) {
  const text = `
    import { appendFileSync, writeFileSync } from 'node:fs'
    import { inFolder } from ${JSON.stringify(new URL('../../scripts/live/in-folder.mjs', import.meta.url).href)}
    const note = (line) => appendFileSync(${JSON.stringify(join(temporary, 'notes'))}, line + ' ')
    await inFolder('made', async (folder, atEnd) => {
      writeFileSync(folder + '/file', 'of the work')
      atEnd(() => note('first'))
      atEnd(async () => note('second'))
      ${work}
    })
    note('after')`
  const started = spawn(process.execPath, ['--input-type=module', '--eval', text], { env: { ...process.env, TMPDIR: temporary } })
  child = started
  let told = ''
  started.stderr.setEncoding('utf8').on('data', (data: string) => (told += data))
  return new Promise<object>((resolve) => started.once('close', (code, signal) => resolve({ code, signal, told })))
}

test('the folder of a script goes when its work is done, after what it has started, the last first', async () => {
  expect(await script('')).toEqual({ code: 0, signal: null, told: '' })
  expect([noted(), foldersLeft()]).toEqual(['second first after ', []])
})

test('a failure is told, and leaves nothing behind', async () => {
  expect(await script(`throw new Error('it does not hold')`)).toEqual({ code: 1, signal: null, told: '\nit does not hold\n' })
  expect([noted(), foldersLeft()]).toEqual(['second first after ', []])
})

test('what cannot be stopped is told, and the rest is stopped all the same', async () => {
  expect(await script(`atEnd(() => { throw new Error('it does not stop') })`)).toEqual({ code: 1, signal: null, told: '\nit does not stop\n' })
  expect([noted(), foldersLeft()]).toEqual(['second first after ', []])
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  test(`a script that is told to end by ${signal} stops what it has started, leaves nothing behind, and ends by it`, async () => {
    const ended = script(
      `await new Promise((_, reject) => { const timer = setInterval(note, 1e6, ''); atEnd(() => { clearInterval(timer); reject(new Error('cut off')) }); note('works') })`,
    )
    await eventually(async () => noted() === 'works ')
    expect(foldersLeft()).toHaveLength(1)
    child?.kill(signal)
    expect(await ended).toEqual({ code: null, signal, told: '' })
    expect([noted().startsWith('works second first '), foldersLeft()]).toEqual([true, []])
  })
