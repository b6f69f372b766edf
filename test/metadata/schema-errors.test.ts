import { describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { GuanxiError } from '../../src/errors/index.ts'
import { refusalOf } from '../../src/records/metadata/schema-errors.ts'
import type { StoredField } from '../../src/records/metadata/stored.ts'
import { Workspace } from '../../src/records/metadata/workspace.ts'
import { saying } from '../support/saying.ts'

const field: StoredField = {
  id: '00000000-0000-7000-8000-0000000000ff',
  moduleNumber: coreModules().find(({ name }) => name === 'account')?.number as number,
  name: 'ledger',
  aliases: [],
  type: 'TEXT',
  label: { en: 'Code' },
  parameters: {},
  column: 'c_7',
  extension: 0,
  position: 1,
  ownerPlugin: null,
  state: 'active',
  deletedAt: null,
  indexes: [
    { name: 'accounts_c_7_key', kind: 'unique', state: 'ready', failure: null },
    { name: 'accounts_c_7_order', kind: 'order', state: 'ready', failure: null },
  ],
}

describe('what PostgreSQL refuses in the end', () => {
  const workspace = new Workspace(coreModules(), { epochs: { schema: 1, access: 1 }, modules: [], fields: [field] })
  const paths = new Map([[field.id, ['input', 3] as const]])
  const refused = (code: string, constraint?: string) => refusalOf(Object.assign(new Error('refused'), { code, constraint }), { workspace, paths })

  test.each([
    ['23505', 'accounts_c_7_key', ['input', 3, 'unique'], 'DUPLICATES', 'account.ledger has values that several records share'],
    ['54000', 'accounts_c_7_key', ['input', 3, 'unique'], 'TOO_LONG', 'account.ledger has values that are too long for an index'],
    ['54000', 'accounts_c_7_order', ['input', 3, 'indexed'], 'TOO_LONG', 'account.ledger'],
    ['54000', undefined, ['input'], 'TOO_LONG', 'a record would be too large'],
    ['23514', 'c_7_required', ['input', 3], 'REQUIRED', 'Records without a value in account.ledger'],
    ['23503', 'c_7_fkey', ['input', 3], 'NOT_FOUND', 'does not exist'],
    ['22003', undefined, ['input'], 'VALUE', 'out of the range'],
  ])('%s of %s is told at its place', (code, constraint, path, issue, message) => {
    const told = refused(code, constraint) as GuanxiError
    expect(told).toBeInstanceOf(GuanxiError)
    expect(told.code).toBe('VALIDATION_FAILED')
    expect(told.details).toMatchObject({ issues: [{ path, code: issue, message: saying(message) }] })
  })

  test.each([['55P03'], ['57014'], ['40P01'], ['42703'], ['23505']])('%s, where no field of ours is behind it, comes back as it was', (code) => {
    const error = Object.assign(new Error('refused'), { code })
    expect(refusalOf(error, { workspace, paths })).toBe(error)
  })
})
