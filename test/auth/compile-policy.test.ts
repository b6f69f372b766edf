import { describe, expect, test } from '@jest/globals'
import { bindPolicy, compileModules, type RoleRights } from '../../src/auth/compile-policy.ts'
import { unheldRights } from '../../src/auth/held-rights.ts'
import { SHIPPED_ROLES, SIGNED_IN } from '../../src/auth/shipped-roles.ts'
import { SYSTEM_USER_ID, systemPrincipal } from '../../src/auth/system-principal.ts'
import { coreModules } from '../../src/entities/index.ts'
import type { FieldMetadata } from '../../src/entities/metadata.ts'
import type { AccessPolicy, Principal } from '../../src/records/access/policy.ts'
import { buildRegistry } from '../../src/records/registry/index.ts'

const registry = buildRegistry(coreModules(), 1)
const EPOCHS = { schema: 1, access: 1 }
const NO_KEYS = { scopes: { OWN: ['u'], TEAM: [], TEAM_TREE: [], SHARED: [] }, population: 1000 }

const role = (grants: RoleRights['grants'], fields: RoleRights['fields'] = []): RoleRights => ({ grants, fields })
const shipped = (key: string): RoleRights => {
  const found = SHIPPED_ROLES.find((each) => each.key === key)
  if (!found) throw new Error(key)
  return found
}
const policyOf = (...roles: readonly RoleRights[]): AccessPolicy => bindPolicy(compileModules([SIGNED_IN, ...roles], registry), NO_KEYS, EPOCHS)
const level = (policy: AccessPolicy, module: string, field: string) => policy.modules.get(module)?.fields.get(field)
const scope = (policy: AccessPolicy, module: string, action: 'READ' | 'UPDATE' | 'CREATE' | 'DELETE') => {
  const admissions = policy.modules.get(module)?.actions.get(action)
  expect(admissions === undefined || admissions.length === 1).toBe(true)
  return admissions?.[0]?.scope
}

describe('one role', () => {
  const reader = policyOf(role([{ module: 'account', actions: ['READ'], scope: 'TEAM' }]))
  const writer = policyOf(role([{ module: 'account', actions: ['READ', 'UPDATE'], scope: 'OWN' }]))

  test('gives what it grants and nothing else', () => {
    expect(scope(reader, 'account', 'READ')).toBe('TEAM')
    expect(scope(reader, 'account', 'UPDATE')).toBeUndefined()
    expect(reader.modules.has('contact')).toBe(false)
  })

  test('reaches nothing by a condition that says nothing', () => {
    const where = (...said: object[]) => policyOf(...said.map((each) => role([{ module: 'account', actions: ['READ'], scope: 'ALL', where: { ...each } }])))
    expect(where({}, { and: [] }, { 'account.name': {} }, { 'account.name': { notIn: [] } }).modules.has('account')).toBe(false)
    expect(where({ 'account.name': { isNull: false } }).modules.has('account')).toBe(true)
  })

  test('fields that it does not list follow its actions where they are not sensitive', () => {
    expect(level(reader, 'account', 'name')).toBe('READ')
    expect(level(writer, 'account', 'name')).toBe('WRITE')
    for (const field of ['phone', 'taxNumber', 'creditLimit']) {
      expect(level(reader, 'account', field)).toBe('HIDDEN')
      expect(level(writer, 'account', field)).toBe('HIDDEN')
    }
  })

  test('system fields are read, and owner, team, tags and source written by whoever may write', () => {
    for (const field of ['id', 'version', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'deletedAt']) expect(level(writer, 'account', field)).toBe('READ')
    for (const field of ['owner', 'team', 'tags', 'source']) {
      expect(level(writer, 'account', field)).toBe('WRITE')
      expect(level(reader, 'account', field)).toBe('READ')
    }
  })

  test('what the system keeps is never written, whatever a role lists', () => {
    const policy = policyOf(role([{ module: '*', actions: ['READ', 'CREATE', 'UPDATE'], scope: 'ALL' }], [{ module: '*', fieldId: '*.*', access: 'WRITE' }]))
    expect(level(policy, 'order', 'total')).toBe('READ')
    expect(level(policy, 'ticket', 'resolvedAt')).toBe('READ')
    expect(level(policy, 'account', 'version')).toBe('READ')
  })

  test('a listed level gives nothing without an action, and no writing without one that writes', () => {
    const listed = [{ module: 'account', fieldId: 'account.creditLimit', access: 'WRITE' as const }]
    expect(policyOf(role([], listed)).modules.has('account')).toBe(false)
    expect(level(policyOf(role([{ module: 'account', actions: ['DELETE'], scope: 'ALL' }], listed)), 'account', 'creditLimit')).toBe('HIDDEN')
    expect(level(policyOf(role([{ module: 'account', actions: ['READ'], scope: 'ALL' }], listed)), 'account', 'creditLimit')).toBe('READ')
  })

  test('can hide and mask, and the field wins over the whole module', () => {
    const policy = policyOf(
      role(
        [{ module: 'account', actions: ['READ'], scope: 'ALL' }],
        [
          { module: 'account', fieldId: 'account.name', access: 'MASKED' },
          { module: 'account', fieldId: 'account.*', access: 'READ' },
          { module: 'account', fieldId: 'account.website', access: 'HIDDEN' },
        ],
      ),
    )
    expect(level(policy, 'account', 'name')).toBe('MASKED')
    expect(level(policy, 'account', 'website')).toBe('HIDDEN')
    expect(level(policy, 'account', 'creditLimit')).toBe('READ')
  })

  test('every module that may be used has a level for every field', () => {
    const policy = policyOf(shipped('sales_rep'))
    for (const [name, access] of policy.modules) expect([...access.fields.keys()]).toEqual([...registry.module(name).fields.keys()])
  })
})

describe('several roles', () => {
  test('unite to the widest scope of each action, and the highest level among the roles that reach it', () => {
    const own = role([{ module: 'account', actions: ['READ', 'UPDATE'], scope: 'OWN' }], [{ module: 'account', fieldId: 'account.phone', access: 'READ' }])
    const all = role([{ module: 'account', actions: ['READ'], scope: 'ALL' }], [{ module: 'account', fieldId: 'account.phone', access: 'MASKED' }])
    for (const policy of [policyOf(own, all), policyOf(all, own)]) {
      expect(scope(policy, 'account', 'READ')).toBe('ALL')
      expect(scope(policy, 'account', 'UPDATE')).toBe('OWN')
      expect(level(policy, 'account', 'phone')).toBe('MASKED')
      expect(level(policy, 'account', 'name')).toBe('WRITE')
    }
  })

  // Hasura #10711: limits that vanish in a union.
  test('a role that reaches fewer rows raises no level for the others', () => {
    const own = role(
      [{ module: 'opportunity', actions: ['READ', 'UPDATE', 'CREATE'], scope: 'OWN' }],
      [{ module: 'opportunity', fieldId: 'opportunity.amount', access: 'WRITE' }],
    )
    const all = role([{ module: 'opportunity', actions: ['READ'], scope: 'ALL' }])
    expect(level(policyOf(own), 'opportunity', 'amount')).toBe('WRITE')
    const both = policyOf(own, all)
    expect(scope(both, 'opportunity', 'READ')).toBe('ALL')
    expect(level(both, 'opportunity', 'amount')).toBe('HIDDEN')
    // What everybody of them reads stays writable within the scope of the writing.
    expect(level(both, 'opportunity', 'name')).toBe('WRITE')
    expect(scope(both, 'opportunity', 'UPDATE')).toBe('OWN')
  })

  test('never give what none of them gives', () => {
    const policy = policyOf(shipped('sales_rep'), shipped('marketing'), shipped('service_agent'), shipped('read_only'))
    for (const field of ['taxNumber', 'bankAccount', 'creditLimit', 'paymentTerms']) expect(level(policy, 'account', field)).toBe('HIDDEN')
    expect(scope(policy, 'user', 'UPDATE')).toBeUndefined()
  })
})

describe('computed fields', () => {
  const label = { en: 'Computed' }
  const fieldOf = (id: string) => ({ kind: 'field' as const, field: id })
  const concatenated = (...ids: string[]) => ({
    kind: 'call' as const,
    name: '&',
    arguments: ids.map(fieldOf),
  })
  const more: Readonly<Record<string, readonly FieldMetadata[]>> = {
    account: [
      { name: 'card', type: 'FORMULA', label, column: 'card', formula: { expression: concatenated('account.name', 'account.website'), type: 'TEXT' } },
      { name: 'longCard', type: 'FORMULA', label, column: 'long_card', formula: { expression: concatenated('account.card', 'account.name'), type: 'TEXT' } },
      {
        name: 'people',
        type: 'ROLLUP',
        label,
        column: 'people',
        rollup: { via: 'contact.account', reverse: true, module: 'contact', function: 'COUNT', type: 'INTEGER' },
      },
      {
        name: 'named',
        type: 'ROLLUP',
        label,
        column: 'named',
        rollup: {
          via: 'contact.account',
          reverse: true,
          module: 'contact',
          function: 'COUNT',
          type: 'INTEGER',
          filter: { kind: 'call', name: '=', arguments: [fieldOf('contact.jobTitle'), { kind: 'literal', type: 'text', value: 'boss' }] },
        },
      },
      {
        name: 'peopleText',
        type: 'FORMULA',
        label,
        column: 'people_text',
        formula: { expression: concatenated('account.people', 'account.name'), type: 'TEXT' },
      },
    ],
  }
  const extended = buildRegistry(
    coreModules().map((module) => ({ ...module, fields: [...module.fields, ...(more[module.name] ?? [])] })),
    1,
  )
  const levels = (...roles: readonly RoleRights[]) => {
    const policy = bindPolicy(compileModules(roles, extended), NO_KEYS, EPOCHS)
    return Object.fromEntries(['card', 'longCard', 'people', 'named', 'peopleText'].map((name) => [name, level(policy, 'account', name)]))
  }
  const account = { module: 'account', actions: ['READ', 'CREATE', 'UPDATE'] as const, scope: 'ALL' as const }
  const contact = { module: 'contact', actions: ['READ'] as const, scope: 'OWN' as const }
  const all = { card: 'READ', longCard: 'READ', people: 'READ', named: 'READ', peopleText: 'READ' }

  test('are read where all that they are made of is, and written by nobody', () => {
    expect(levels(role([account, contact]))).toEqual(all)
    expect(levels(role([account, contact], [{ module: 'account', fieldId: 'account.*', access: 'WRITE' }]))).toEqual(all)
  })

  test.each(['HIDDEN', 'MASKED'] as const)('are hidden where an input is %s, however far behind', (access) => {
    const hides = (module: string, fieldId: string) => levels(role([account, contact], [{ module, fieldId, access }]))
    expect(hides('account', 'account.website')).toEqual({ ...all, card: 'HIDDEN', longCard: 'HIDDEN' })
    expect(hides('account', 'account.card')).toEqual({ ...all, card: access, longCard: 'HIDDEN' })
    expect(hides('contact', 'contact.jobTitle')).toEqual({ ...all, named: 'HIDDEN' })
    expect(hides('contact', 'contact.account')).toEqual({ ...all, people: 'HIDDEN', named: 'HIDDEN', peopleText: 'HIDDEN' })
  })

  test('a rollup is hidden, with all that is made of it, where the other records cannot be read', () => {
    const hidden = { ...all, people: 'HIDDEN', named: 'HIDDEN', peopleText: 'HIDDEN' }
    expect(levels(role([account]))).toEqual(hidden)
    expect(levels(role([account, { ...contact, actions: ['CREATE'] }]))).toEqual(hidden)
  })

  test('a rollup is hidden where the parent that decides about the other records cannot be read', () => {
    const lines: FieldMetadata = {
      name: 'lines',
      type: 'ROLLUP',
      label,
      column: 'lines',
      rollup: { via: 'orderLine.product', reverse: true, module: 'orderLine', function: 'COUNT', type: 'INTEGER' },
    }
    const sold = buildRegistry(
      coreModules().map((module) => (module.name === 'product' ? { ...module, fields: [...module.fields, lines] } : module)),
      1,
    )
    const reads = (...modules: readonly string[]) => {
      const grants = modules.map((module) => ({ module, actions: ['READ' as const], scope: 'ALL' as const }))
      return level(bindPolicy(compileModules([role(grants)], sold), NO_KEYS, EPOCHS), 'product', 'lines')
    }
    expect(reads('product', 'orderLine', 'order')).toBe('READ')
    expect(reads('product', 'orderLine')).toBe('HIDDEN')
  })

  test('all fields of a module can be given by whoever holds them all, though nobody writes the computed ones', () => {
    const everything = systemPrincipal('a test', extended, EPOCHS)
    expect(unheldRights(role([account], [{ module: 'account', fieldId: 'account.*', access: 'WRITE' }]), everything, extended)).toEqual([])
  })

  test('one role may show what another lists as hidden, if it shows the inputs too', () => {
    const open = role([account, contact])
    const closed = role([account, contact], [{ module: 'account', fieldId: 'account.website', access: 'HIDDEN' }])
    expect(levels(open, closed)).toEqual(all)
    expect(levels(closed, closed)).toEqual({ ...all, card: 'HIDDEN', longCard: 'HIDDEN' })
  })
})

describe('generated fields', () => {
  const deals = { module: 'opportunity', actions: ['READ', 'UPDATE'] as const, scope: 'ALL' as const }
  const lines = ['order', 'orderLine'].map((module) => ({ module, actions: ['READ' as const], scope: 'ALL' as const }))
  const shows = (fieldId: string, access: 'HIDDEN' | 'MASKED' | 'READ' | 'WRITE') => ({ module: fieldId.split('.')[0] as string, fieldId, access })

  test('are read where all that they are generated from is', () => {
    expect(level(policyOf(role(lines)), 'orderLine', 'total')).toBe('READ')
    const given = [shows('opportunity.amount', 'WRITE'), shows('opportunity.expectedRevenue', 'WRITE')]
    expect(level(policyOf(role([deals], given)), 'opportunity', 'expectedRevenue')).toBe('READ')
    for (const key of ['sales_manager', 'sales_rep', 'finance']) {
      expect(level(policyOf(shipped(key)), 'opportunity', 'expectedRevenue')).toBe('READ')
      expect(level(policyOf(shipped(key)), 'opportunityLineItem', 'total')).toBe('READ')
      expect(level(policyOf(shipped(key)), 'orderLine', 'total')).toBe('READ')
    }
    for (const key of ['service_agent', 'read_only']) expect(level(policyOf(shipped(key)), 'orderLine', 'total')).toBe('READ')
  })

  test.each(['HIDDEN', 'MASKED'] as const)('are hidden where one of these is %s', (access) => {
    for (const name of ['unitPrice', 'quantity', 'discount'])
      expect(level(policyOf(role(lines, [shows(`orderLine.${name}`, access)])), 'orderLine', 'total')).toBe('HIDDEN')
    const revenue = role([deals], [shows('opportunity.amount', access), shows('opportunity.expectedRevenue', 'WRITE')])
    expect(level(policyOf(revenue), 'opportunity', 'expectedRevenue')).toBe('HIDDEN')
  })

  test('are shown on the records that show all of these, where not all records do', () => {
    const policy = policyOf(shipped('sales_rep'), shipped('service_agent'))
    expect(level(policy, 'opportunity', 'expectedRevenue')).toBe('HIDDEN')
    const { partial } = policy.modules.get('opportunity') ?? {}
    expect(partial?.get('amount')?.read).toBeDefined()
    expect(partial?.get('expectedRevenue')).toEqual({ read: partial?.get('amount')?.read })
  })

  test('hide what formulas make of them', () => {
    const doubled: FieldMetadata = {
      name: 'doubled',
      type: 'FORMULA',
      label: { en: 'Doubled' },
      column: 'doubled',
      formula: { expression: { kind: 'field', field: 'orderLine.total' }, type: 'MONEY' },
    }
    const extended = buildRegistry(
      coreModules().map((module) => (module.name === 'orderLine' ? { ...module, fields: [...module.fields, doubled] } : module)),
      1,
    )
    const of = (...fields: RoleRights['fields']) => level(bindPolicy(compileModules([role(lines, fields)], extended), NO_KEYS, EPOCHS), 'orderLine', 'doubled')
    expect([of(), of(shows('orderLine.unitPrice', 'HIDDEN'))]).toEqual(['READ', 'HIDDEN'])
  })
})

describe('the shape', () => {
  const bind = (team: number, population = 1000, roles: readonly RoleRights[] = [role([{ module: 'account', actions: ['READ'], scope: 'TEAM' }])]) =>
    bindPolicy(
      compileModules(roles, registry),
      { scopes: { OWN: ['u'], TEAM: Array.from({ length: team }, (_, index) => `${index}`), TEAM_TREE: [], SHARED: [] }, population },
      EPOCHS,
    )

  test('is one for users of the same rights, whatever their keys, as long as lists are read in the same way', () => {
    expect(bind(3).shape).toBe(bind(9).shape)
    expect(bind(3).merged.TEAM).toBe(true)
    expect(bind(500).merged.TEAM).toBe(false)
    expect(bind(500).shape).not.toBe(bind(3).shape)
  })

  test('does not look at the keys of a scope that no role uses', () => {
    const all = [role([{ module: 'account', actions: ['READ'], scope: 'ALL' }])]
    expect(bind(3, 1000, all).shape).toBe(bind(900, 1000, all).shape)
  })

  test('changes with any action, scope or level', () => {
    const base = { module: 'account', actions: ['READ'] as const, scope: 'OWN' as const }
    const shapes = [
      policyOf(role([base])),
      policyOf(role([{ ...base, scope: 'TEAM' }])),
      policyOf(role([{ ...base, actions: ['READ', 'EXPORT'] }])),
      policyOf(role([{ ...base, module: 'lead' }])),
      policyOf(role([base], [{ module: 'account', fieldId: 'account.phone', access: 'READ' }])),
      policyOf(role([base], [{ module: 'account', fieldId: 'account.phone', access: 'MASKED' }])),
    ].map(({ shape }) => shape)
    expect(new Set(shapes).size).toBe(shapes.length)
  })
})

describe('shipped roles', () => {
  const sensitive = [...registry.modules.values()].flatMap((module) => [...module.fields.values()].filter((field) => (field.sensitivity ?? 'none') !== 'none'))

  test('name modules and fields that exist, and list only fields that would be hidden otherwise', () => {
    for (const { grants, fields } of [...SHIPPED_ROLES, SIGNED_IN]) {
      for (const { module } of grants) if (module !== '*') expect(registry.modules.has(module)).toBe(true)
      for (const { fieldId } of fields) if (fieldId !== '*.*') expect(sensitive.map(({ id }) => id)).toContain(fieldId)
    }
  })

  test('leave no sensitive field to administrators alone by oversight', () => {
    const listed = new Set(SHIPPED_ROLES.flatMap(({ fields }) => fields.map(({ fieldId }) => fieldId)))
    const unlisted = sensitive.filter(({ id }) => !listed.has(id) && !SIGNED_IN.fields.some(({ fieldId }) => fieldId === id))
    expect(unlisted.map(({ id }) => id)).toEqual([])
  })

  test('administrators may do everything', () => {
    const policy = policyOf(shipped('admin'))
    expect([...policy.modules.keys()].sort()).toEqual([...registry.modules.keys()].sort())
    for (const access of policy.modules.values()) {
      expect([...access.actions]).toEqual(['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'EXPORT', 'BULK'].map((action) => [action, [{ scope: 'ALL' }]]))
      expect([...access.fields.values()].every((each) => each === 'READ' || each === 'WRITE')).toBe(true)
    }
  })

  test.each([
    ['sales_manager', 'TEAM_TREE'],
    ['sales_rep', 'OWN'],
  ])('%s works with customers and deals in %s, without finance fields', (key, expected) => {
    const policy = policyOf(shipped(key))
    for (const module of ['account', 'contact', 'lead', 'opportunity', 'order', 'activity', 'task']) expect(scope(policy, module, 'READ')).toBe(expected)
    expect(level(policy, 'contact', 'email')).toBe('WRITE')
    expect(level(policy, 'opportunity', 'amount')).toBe('WRITE')
    for (const [module, field] of [
      ['account', 'creditLimit'],
      ['account', 'bankAccount'],
      ['opportunity', 'margin'],
      ['product', 'cost'],
    ] as const) {
      expect(level(policy, module, field)).toBe('HIDDEN')
    }
  })

  test('service agents see orders and tickets, but no amount of a deal', () => {
    const policy = policyOf(shipped('service_agent'))
    expect(scope(policy, 'orderLine', 'READ')).toBe('ALL')
    expect(level(policy, 'ticket', 'description')).toBe('WRITE')
    expect(level(policy, 'contact', 'phone')).toBe('WRITE')
    for (const field of ['amount', 'expectedRevenue', 'margin']) expect(level(policy, 'opportunity', field)).toBe('HIDDEN')
  })

  test('finance sees finance fields; read_only sees everything that is not sensitive', () => {
    expect(level(policyOf(shipped('finance')), 'account', 'creditLimit')).toBe('WRITE')
    const policy = policyOf(shipped('read_only'))
    for (const field of sensitive) expect(level(policy, field.module, field.name)).toBe(field.id === 'user.email' ? 'READ' : 'HIDDEN')
    for (const access of policy.modules.values()) expect([...access.actions.keys()]).toEqual(['READ'])
  })

  test('everyone signed in reads colleagues, teams, the catalogue and the dictionaries', () => {
    const policy = policyOf()
    expect([...policy.modules.keys()].sort()).toEqual([
      'complaintCategory',
      'exchangeRate',
      'pipeline',
      'product',
      'productCategory',
      'stage',
      'tag',
      'team',
      'user',
    ])
    expect(level(policy, 'user', 'email')).toBe('READ')
    expect(level(policy, 'product', 'cost')).toBe('HIDDEN')
  })
})

describe('rights beyond those held', () => {
  const holder = (key: string): Principal => ({ kind: 'user', userId: 'u', via: 'user', roles: [key], policy: policyOf(shipped(key)) })

  test('are found by action, scope and field', () => {
    const beyond = (grants: RoleRights['grants'], fields: RoleRights['fields'] = []) => unheldRights(role(grants, fields), holder('sales_manager'), registry)
    expect(beyond([{ module: 'account', actions: ['READ', 'UPDATE'], scope: 'TEAM' }])).toEqual([])
    expect(beyond([{ module: 'account', actions: ['READ'], scope: 'ALL' }])).toEqual([{ part: 'grants', index: 0 }])
    expect(beyond([{ module: 'user', actions: ['UPDATE'], scope: 'OWN' }])).toEqual([{ part: 'grants', index: 0 }])
    expect(beyond([{ module: '*', actions: ['READ'], scope: 'OWN' }])).toEqual([{ part: 'grants', index: 0 }])
    expect(beyond([], [{ module: 'contact', fieldId: 'contact.email', access: 'WRITE' }])).toEqual([])
    expect(beyond([], [{ module: 'account', fieldId: 'account.creditLimit', access: 'MASKED' }])).toEqual([{ part: 'fields', index: 0 }])
    expect(beyond([], [{ module: 'account', fieldId: 'account.*', access: 'READ' }])).toEqual([{ part: 'fields', index: 0 }])
  })

  test('are none for administrators', () => {
    for (const each of SHIPPED_ROLES) expect(unheldRights(each, holder('admin'), registry)).toEqual([])
  })
})

test('system work names its reason and may do everything', () => {
  const principal = systemPrincipal('demo data', registry, EPOCHS)
  expect(principal).toMatchObject({ kind: 'system', userId: SYSTEM_USER_ID, via: 'demo data', policy: { epochs: EPOCHS } })
  expect(scope(principal.policy, 'account', 'CREATE')).toBe('ALL')
  expect(level(principal.policy, 'account', 'creditLimit')).toBe('WRITE')
})
