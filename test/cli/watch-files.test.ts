import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { watchFiles } from '../../src/cli/plugin/watch-files.ts'
import { eventually } from '../support/guanxi-process.ts'

let folder: string
let unwatch: () => void
let told = 0

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guanxi-watched-'))
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'dist', 'index.js'), 'one')
  told = 0
  unwatch = watchFiles([join(folder, 'dist')], () => {
    told += 1
  })
})
afterEach(() => {
  unwatch()
  rmSync(folder, { recursive: true, force: true })
})

const write = (text: string) => writeFileSync(join(folder, 'dist', 'index.js'), text)

test('a file that becomes another one is told, once it is quiet', async () => {
  write('two')
  await delay(50)
  write('three')
  await eventually(async () => told > 0)
  await delay(500)
  expect(told).toBe(1)
})

test('a file that is emptied and written anew as it was is not told', async () => {
  for (let round = 0; round < 5; round += 1) {
    write('')
    await delay(20)
    write('one')
    await delay(20)
  }
  await delay(800)
  expect(told).toBe(0)
  write('two')
  await eventually(async () => told === 1)
})

test('a new file is told', async () => {
  writeFileSync(join(folder, 'dist', 'more.js'), 'more')
  await eventually(async () => told === 1)
})
