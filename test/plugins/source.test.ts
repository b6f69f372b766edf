import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { checkSource } from '../../src/plugins/host/source/check-source.ts'
import { WARRANTY } from './kit.ts'

const FOUND: readonly (readonly [code: string, word: RegExp])[] = [
  [`import { readFile } from 'node:fs/promises'`, /node:fs\/promises/],
  [`import fs from 'fs'`, /imports fs/],
  [`import net from 'node:net'`, /node:net/],
  [`export { exec } from 'child_process'`, /child_process/],
  [`export * from 'node:worker_threads'`, /worker_threads/],
  [`const vm = await import('node:vm')`, /node:vm/],
  [`const { env } = await import('node:process')`, /node:process/],
  ['const name = "node:" + "fs"; await import(name)', /known at run time/],
  [`import { Client } from 'pg'`, /imports pg/],
  [`import { request } from 'undici/lib/api'`, /imports undici/],
  [`import '@scope/ok'; import 'guanxi/dist/app.js'`, /only guanxi\/plugin/],
  [`import '/etc/x.js'`, /no part of its package/],
  [`import 'data:text/javascript,1'`, /no part of its package/],
  ['const key = process.env.GUANXI_SECRET', /uses process/],
  ['export const f = () => globalThis.process.env', /uses globalThis/],
  [`fetch('https://example.com')`, /uses fetch/],
  [`const job = { run: async () => fetch('https://example.com') }`, /uses fetch/],
  [`eval('1')`, /uses eval/],
  [`new Function('return process')()`, /uses Function/],
  [`require('fs')`, /uses require/],
  ['setInterval(() => {}, 1)', /uses setInterval/],
  ['this is no code', /is no JavaScript/],
]

const FINE: readonly string[] = [
  `import { definePlugin } from 'guanxi/plugin'\nimport { Field } from 'guanxi/type-graphql'\nimport { z } from 'zod'\nimport { createHash } from 'node:crypto'\nimport './part.js'`,
  'export const job = { run: async (payload, { fetch, records }) => { const answer = await fetch("https://example.com"); return answer } }',
  'export const job = { run: async (payload, context) => context.fetch("https://example.com") }',
  'const { fetch = null, ...rest } = context; fetch(rest)',
  'function f(process) { return process.env } for (const eval_ of []) {} try {} catch (global) { global }',
  'class Function2 { require() { return this.require } } const x = { process: 1 }.process',
  'import fetch from "./own.js"; fetch()',
  '// import fs from "node:fs"\nconst text = "process.env"',
]

describe('the check of source', () => {
  test.each(FOUND)('finds what goes past the host in %s', (code, word) => {
    const findings = checkSource(code)
    expect(findings).toHaveLength(1)
    expect(findings[0]?.message).toMatch(word)
  })

  test.each(FINE)('finds nothing in %s', (code) => expect(checkSource(code)).toEqual([]))

  test('tells the line, and finds nothing in a plugin that keeps to its context', () => {
    expect(checkSource('\n\nimport "node:os"\nprocess.exit()').map(({ line }) => line)).toEqual([3, 4])
    expect(checkSource(readFileSync(`${WARRANTY}/index.mjs`, 'utf8'))).toEqual([])
  })
})
