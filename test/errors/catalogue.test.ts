import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { ERROR_CODES } from '../../src/errors/index.ts'

/** Codes whose one producer is a helper of the catalogue's own folder. */
const BY_HELPER: Readonly<Record<string, RegExp>> = { VALIDATION_FAILED: /validationFailed\(/, NOT_FOUND: /notFound\(/ }

const texts = (folder: string): string[] =>
  readdirSync(new URL(`../../${folder}/`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== 'errors/codes.ts')
    .map((path) => readFileSync(new URL(`../../${folder}/${path}`, import.meta.url), 'utf8'))

describe('every code of the catalogue', () => {
  const source = texts('src').join('\n')
  const tests = texts('test').join('\n')
  const reference = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

  for (const code of Object.keys(ERROR_CODES)) {
    test(`${code} is documented, produced, and expected by a test`, () => {
      expect(reference).toContain(`| \`${code}\` |`)
      expect(source.includes(`'${code}'`) || Boolean(BY_HELPER[code]?.test(source))).toBe(true)
      expect(tests).toContain(`'${code}'`)
    })
  }
})
