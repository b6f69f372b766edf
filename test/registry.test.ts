import { describe, expect, test } from '@jest/globals'
import { columnsOf } from '../src/entities/columns.ts'
import { coreModules } from '../src/entities/index.ts'
import { buildRegistry, derivedNames, targetOf } from '../src/records/registry/index.ts'
import { rootFieldNames, typeNames } from '../src/schema/build/names.ts'

const registry = buildRegistry(coreModules(), 7)
const modules = [...registry.modules.values()]

describe('the registry of the core modules', () => {
  test('knows every module by name and by number', () => {
    expect(Object.fromEntries(modules.map(({ name, number }) => [name, number]))).toEqual({
      user: 1,
      team: 2,
      account: 3,
      contact: 4,
      accountContact: 5,
      lead: 6,
      pipeline: 7,
      stage: 8,
      opportunity: 9,
      opportunityLineItem: 10,
      opportunityStageChange: 11,
      productCategory: 12,
      product: 13,
      order: 14,
      orderLine: 15,
      activity: 16,
      task: 17,
      ticket: 18,
      ticketComment: 19,
      reminder: 20,
      tag: 21,
      exchangeRate: 22,
      complaintCategory: 23,
      dutyShift: 24,
      ticketWatcher: 25,
      ticketLink: 26,
      ticketStatusChange: 27,
      timer: 28,
      reminderRule: 29,
      delivery: 30,
    })
    for (const module of modules) expect(registry.byNumber.get(module.number)).toBe(module)
    expect(registry.version).toBe(7)
    expect(() => registry.module('nothing')).toThrow('there is no module nothing in version 7')
  })

  test('puts the system fields first, in every module alike', () => {
    const system = ['id', 'version', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'deletedAt', 'owner', 'team', 'tags', 'source']
    for (const module of modules) {
      const fields = [...module.fields.values()]
      expect(fields.filter((field) => field.system).map((field) => field.name)).toEqual(system)
      expect(fields.slice(0, system.length).every((field) => field.system)).toBe(true)
    }
  })

  test('gives each core field the permanent id <module>.<name>', () => {
    expect(registry.module('account').fields.get('creditLimit')).toMatchObject({
      id: 'account.creditLimit',
      module: 'account',
      custom: false,
      column: 'credit_limit',
    })
  })

  test.each([
    [
      'account',
      ['subsidiaries', 'contacts', 'contactLinks', 'convertedLeads', 'opportunities', 'suppliedProducts', 'orders', 'activities', 'tasks', 'tickets'],
    ],
    ['contact', ['accountLinks', 'referrals', 'convertedLeads', 'opportunities', 'orders', 'activities', 'tasks', 'tickets']],
    ['opportunity', ['convertedLeads', 'lineItems', 'stageChanges', 'orders', 'activities', 'tasks']],
    ['order', ['lines', 'tickets']],
    ['product', ['opportunityLineItems', 'orderLines', 'tickets']],
    ['pipeline', ['stages', 'opportunities']],
    ['productCategory', ['children', 'products']],
    ['ticket', ['activities', 'tasks', 'mergedTickets', 'comments', 'watchers', 'links', 'linkedFrom', 'statusChanges']],
    ['complaintCategory', ['tickets', 'children']],
    ['user', ['reports']],
    ['team', ['members', 'children', 'complaintCategories']],
  ])('lists on %s what refers to it', (name, inverses) => {
    expect([...registry.module(name).inverses.keys()]).toEqual(inverses)
  })

  test('leads each inverse back to the reference that makes it', () => {
    for (const module of modules) {
      for (const inverse of module.inverses.values()) {
        const field = registry.module(inverse.module).fields.get(inverse.field)
        expect(field?.reference).toMatchObject({ module: module.name, inverseName: inverse.name })
        expect(field && targetOf(field, registry)).toBe(module)
      }
    }
  })

  test('makes keys of unique fields', () => {
    const keys = modules.flatMap((module) => module.uniqueFields.map((field) => field.id))
    expect(keys).toEqual(['user.email', 'account.code', 'product.sku', 'order.number', 'ticket.number', 'tag.name', 'delivery.messageId', 'timer.dedupeKey'])
  })

  test('lets a line, a comment, a link or a stage change follow its parent record', () => {
    const parents = Object.fromEntries(modules.filter((module) => module.accessParent).map((module) => [module.name, module.accessParent]))
    expect(parents).toEqual({
      accountContact: 'account',
      opportunityLineItem: 'opportunity',
      opportunityStageChange: 'opportunity',
      orderLine: 'order',
      ticketComment: 'ticket',
      ticketWatcher: 'ticket',
      ticketLink: 'ticket',
      ticketStatusChange: 'ticket',
    })
  })

  test('holds no secret: credentials live in platform tables', () => {
    for (const module of modules) for (const name of module.fields.keys()) expect(name).not.toMatch(/password|secret|token|hash|totp/i)
  })

  test('labels every module, field and option in English and Chinese, options in lower_snake', () => {
    const labels = modules.flatMap((module) => [
      module.label,
      module.pluralLabel,
      ...[...module.fields.values()].flatMap((field) => [field.label, ...(field.options ?? []).map((option) => option.label)]),
    ])
    for (const label of labels) {
      expect(label.en).not.toBe('')
      expect(label['zh-CN']).toBeTruthy()
    }
    const values = modules.flatMap((module) => [...module.fields.values()].flatMap((field) => field.options ?? [])).map((option) => option.value)
    for (const value of values) expect(value).toMatch(/^[a-z][a-z0-9_]*$/)
  })

  test('puts no column to two uses', () => {
    for (const module of modules) {
      const columns = [...module.fields.values()].flatMap((field) => columnsOf(field).map((column) => column.name))
      expect(new Set(columns).size).toBe(columns.length)
    }
  })

  test('cannot be changed by who holds it', () => {
    const account = registry.module('account')
    const name = account.fields.get('name')
    for (const held of [registry, account, name, name?.label, account.uniqueFields, account.searchableFields, account.fields.get('parent')?.reference]) {
      expect(Object.isFrozen(held)).toBe(true)
    }
  })

  test('claims exactly the names that the schema makes', () => {
    for (const module of modules) {
      const { types, queries, mutations, subscriptions } = derivedNames(module)
      const roots = rootFieldNames(module)
      expect([...types].sort()).toEqual(Object.values(typeNames(module)).sort())
      expect([...queries].sort()).toEqual(Object.values(roots.query).sort())
      expect([...mutations].sort()).toEqual(Object.values(roots.mutation).sort())
      expect(subscriptions).toEqual([`${module.name}Changed`])
    }
  })
})
