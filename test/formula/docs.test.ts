import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { readExpression } from '../../src/records/formula/index.ts'
import { byName } from './kit.ts'

test('the examples of the documentation are expressions', () => {
  const page = readFileSync(new URL('../../docs/formulas.md', import.meta.url), 'utf8')
  const examples = /```\n([\s\S]*?)```/.exec(page)?.[1]?.trim().split('\n') ?? []
  expect(examples.map((text) => readExpression(text, byName).type)).toEqual(['money', 'money', 'boolean', 'text', 'boolean', 'boolean', 'number'])
})
