import { expect, test } from '@jest/globals'
import { systemPrincipal } from '../../src/auth/system-principal.ts'
import { coreModules } from '../../src/entities/index.ts'
import { buildRegistry, moduleOfTable, uniqueFieldOf } from '../../src/records/registry/index.ts'
import { translateError } from '../../src/records/write/database-errors.ts'
import { UNTOLD } from '../../src/records/write/untold-fields.ts'
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
  const error = (code: string, more: object) =>
    translateError(Object.assign(new Error('x'), { code, ...more }), registry, systemPrincipal('a test', registry, { schema: 1, access: 1 }))
  expect(error('23505', { table: 'm_1000_x2', constraint: `m_1000_x2_${column('far')}_key` })).toMatchObject({
    code: 'DUPLICATE',
    details: { fields: ['far'] },
  })
  expect(error('23502', { table: 'm_1000_x2', column: `${column('farMoney')}_amount` })).toMatchObject({ details: { issues: [{ path: ['farMoney'] }] } })
  expect(error('23514', { table: 'm_1000', constraint: `${column('must')}_required` })).toMatchObject({
    details: { issues: [{ path: ['must'], code: 'REQUIRED' }] },
  })
})

test('refusals of the database name nothing that is hidden', () => {
  const epochs = { schema: 1, access: 1 }
  const root = systemPrincipal('a test', registry, epochs)
  const access = root.policy.modules.get('part')
  const hiding = (modules: typeof root.policy.modules) => ({ ...root, policy: { ...root.policy, modules } })
  const fields = new Map([...(access?.fields ?? [])].map(([name]) => [name, 'HIDDEN' as const]))
  const blind = hiding(new Map([['part', { actions: access?.actions ?? new Map(), fields, partial: new Map() }]]))
  const error = (principal: typeof root, code: string, more: object) => translateError(Object.assign(new Error('x'), { code, ...more }), registry, principal)
  const taken = { table: 'm_1000_x2', constraint: `m_1000_x2_${column('far')}_key` }
  expect(error(blind, '23505', taken)).toMatchObject({ code: 'DUPLICATE', message: UNTOLD, details: { module: 'part', fields: [] } })
  expect(error(hiding(new Map()), '23505', taken)).toMatchObject({ message: UNTOLD, details: { module: null, fields: [] } })
  expect(error(hiding(new Map()), '23505', { table: 'm_1000', constraint: 'other' })).toMatchObject({ message: 'Another record already has this value.' })
  expect(error(blind, '23514', { table: 'm_1000', constraint: `${column('must')}_required` })).toMatchObject({
    details: { issues: [{ path: [], code: 'REQUIRED', message: UNTOLD }] },
  })
})
