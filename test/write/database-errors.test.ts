import { expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { buildRegistry, moduleOfTable, uniqueFieldOf } from '../../src/records/registry/index.ts'
import { translateError } from '../../src/records/write/database-errors.ts'
import { runTimeModule } from '../support/run-time-fields.ts'

const registry = buildRegistry(
  [
    ...coreModules(),
    runTimeModule(1000, 'part', [
      { name: 'mail', type: 'EMAIL', unique: true },
      { name: 'far', type: 'TEXT', unique: true, extension: 2 },
      { name: 'must', type: 'TEXT', required: true },
      { name: 'farMoney', type: 'MONEY', extension: 2 },
    ]),
  ],
  1,
)
const part = registry.module('part')
const column = (name: string) => part.fields.get(name)?.column

test('tables of extensions belong to their module', () => {
  expect(moduleOfTable(registry, 'm_1000')).toBe(part)
  expect(moduleOfTable(registry, 'm_1000_x2')).toBe(part)
  expect(moduleOfTable(registry, 'm_1000_x1')).toBeUndefined()
  expect(moduleOfTable(registry, 'accounts')?.name).toBe('account')
})

test('a violated index names its field, wherever it stands', () => {
  expect(uniqueFieldOf(part, `m_1000_${column('mail')}_lower_key`)?.name).toBe('mail')
  expect(uniqueFieldOf(part, `m_1000_x2_${column('far')}_key`)?.name).toBe('far')
  expect(uniqueFieldOf(part, `m_1000_${column('far')}_key`)).toBeUndefined()
})

test('refusals of the database name the field of an extension', () => {
  const error = (code: string, more: object) => translateError(Object.assign(new Error('x'), { code, ...more }), registry)
  expect(error('23505', { table: 'm_1000_x2', constraint: `m_1000_x2_${column('far')}_key` })).toMatchObject({
    code: 'DUPLICATE',
    details: { fields: ['far'] },
  })
  expect(error('23502', { table: 'm_1000_x2', column: `${column('farMoney')}_amount` })).toMatchObject({ details: { issues: [{ path: ['farMoney'] }] } })
  expect(error('23514', { table: 'm_1000', constraint: `${column('must')}_required` })).toMatchObject({
    details: { issues: [{ path: ['must'], code: 'REQUIRED' }] },
  })
})
