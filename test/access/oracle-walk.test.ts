import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { FieldDefinition } from '../../src/records/registry/index.ts'
import { type LeveledRole, type OracleGrant, type OracleScope, PLUGIN_PARENTS } from '../support/access-facts.ts'
import { AccessOracle } from '../support/access-oracle.ts'
import type { TestClient } from '../support/client.ts'
import { dealShares } from '../support/deal-shares.ts'
import { drawCondition, SOURCES } from '../support/drawn-condition.ts'
import { selectionOf as fieldSelection, isPlainField, shownValue } from '../support/field-values.ts'
import { LevelOracle } from '../support/level-oracle.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { PROVE, tell } from '../support/nodes.ts'
import { enablePlugins } from '../support/plugin-world.ts'
import { type Branch, plain, type Step, selectionOf, sizeOf, stepsOf } from '../support/record-paths.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { fillWorld, randomNumbers } from '../support/small-world.ts'
import { type StoredRow, StoredRows } from '../support/stored-rows.ts'
import { toldLevels } from '../support/told-levels.ts'

/**
 * Whichever way leads to records (each path of the served schema with at most four steps, custom modules and those of plugins too), somebody finds those that an independent
 * oracle lets him see, and no others; and of their fields as much as another oracle says; whatever roles he has.
 */
const POLICIES = Number(process.env.GUANXI_WALK_POLICIES ?? (PROVE ? 50 : 6))
const SEED = Number(process.env.GUANXI_SEED ?? 20_260_401)
/** Roles of each policy, in turn: only where several reach different records are fields shown on some more than on others. */
const HELD = [2, 3, 1, 2]
/** Modules to which references to any module are followed. */
const ANY = ['account', 'orderLine', 'gadget']
/** In the short run, one path of so many is walked by one of the policies. */
const SHARE = PROVE ? 1 : 3
/** Lead to users, whom everybody reads, as `owner` does: left out of the short run. */
const STAMPS = new Set(PROVE ? [] : ['createdBy', 'updatedBy'])
/** One operation selects 500 records and lists at most, in 2,000 tokens. */
const LARGEST = 240

let server: TestServer
let rows: StoredRows
let steps: ReadonlyMap<string, readonly Step[]>
/** What the administrator is told of each record: all of its plain fields. */
const values = new Map<string, Readonly<Record<string, unknown>>>()
let people: { readonly id: string; readonly client: TestClient }[]

beforeAll(async () => {
  // It stands still: in full the walk takes longer than an access token lives.
  const start = new Date()
  // Documents that walk every path ask for more than any screen does.
  server = await startTestServer({ now: () => start, environment: { GUANXI_ROLE: 'api', MAX_COST: '999999999' } })
  const reference = (module: string, inverseName: string, type = 'REFERENCE') => ({ type, reference: { module, inverseName } })
  const title = { name: 'title', type: 'TEXT' }
  await server.admin.data(METADATA.createModule, {
    input: {
      name: 'gadget',
      pluralName: 'gadgets',
      fields: [
        title,
        { name: 'at', ...reference('account', 'gadgets') },
        { name: 'users', ...reference('contact', 'gadgets', 'REFERENCES') },
        { name: 'keeper', type: 'USER' },
      ],
    },
  })
  await server.admin.data(METADATA.createModule, {
    input: {
      name: 'part',
      pluralName: 'parts',
      fields: [title, { name: 'of', ...reference('gadget', 'parts') }, { name: 'fits', ...reference('part', 'fittedBy', 'REFERENCES') }],
    },
  })
  const options = SOURCES.map((value) => ({ value, label: value }))
  await makeField(server.admin, { module: 'user', name: 'areas', type: 'MULTI_SELECT', label: 'Areas', options })
  for (const [name, type, more] of [
    ['code', 'TEXT', {}],
    ['reach', 'PHONE', {}],
    ['kinds', 'MULTI_SELECT', { options }],
    ['mail', 'EMAIL', { sensitivity: 'sensitive' }],
    ['worth', 'MONEY', { sensitivity: 'finance' }],
  ] as const)
    await makeField(server.admin, { module: 'gadget', name, type, label: name, ...more })
  await enablePlugins(server)
  people = []
  for (const name of ['One', 'Two', 'Three']) people.push(await server.addUser(name))
  const { registry, schema } = server.app.engine.runtime
  const { newId } = server.app.kernel
  await fillWorld(server.database.url, { seed: SEED, registry, newId, size: 6, people: people.map(({ id }) => id) }).catch((e) => {
    tell(String(e.stack) + JSON.stringify(e))
    throw e
  })
  const modules = [...registry.modules.values()]
  rows = await StoredRows.load(
    server.database.url,
    Object.fromEntries(modules.map(({ name, table }) => [name, table])),
    modules.flatMap(({ linkFields }) => linkFields.map(({ column }) => column)),
  )
  // What belongs to something above is known to the oracle by the name of its reference.
  for (const row of rows.byId.values()) {
    const parent = PLUGIN_PARENTS[row.module]?.[0]
    if (parent) rows.byId.set(row.id, { ...row, [parent]: row[registry.module(row.module).fields.get(parent)?.column as string] })
  }
  steps = stepsOf(schema, registry, ANY)
  for (const { name, pluralName } of modules) {
    const { page } = await server.admin.data(`{ page: ${pluralName}(first: 100, deleted: INCLUDE) { nodes { id ${leavesText(plainFields(name))} } } }`)
    for (const node of page.nodes) values.set(node.id, node)
  }
}, 120_000)
afterAll(() => server?.close())

const modules = () => [...server.app.engine.runtime.registry.modules.values()]
const typeOf = (module: string) => server.app.engine.runtime.registry.module(module).typeName
const isLive = (row: StoredRow) => row['deleted_at'] === null
const byId = (list: readonly StoredRow[]) => [...list].sort((a, b) => (a.id < b.id ? -1 : 1))
const idsOf = (list: readonly StoredRow[]) => byId(list).map(({ id }) => ({ id }))

const plainFields = (module: string) => [...server.app.engine.runtime.registry.module(module).fields.values()].filter(isPlainField)
/** Under names of their own, as fields of one name are of several types. */
const leafKey = ({ module, name }: FieldDefinition) => `${module}_${name}`
const leavesText = (fields: readonly FieldDefinition[]) => fields.map((field) => `${leafKey(field)}: ${fieldSelection(field)}`).join(' ')

interface Policy {
  readonly oracle: AccessOracle
  readonly levels: LevelOracle
  readonly client: TestClient
}

/** Where roles differ on a record that none of them reaches by itself. */
const UNSURE = '(something)'

/** Gives one of the people one to three roles that are made up, in the place of those before. */
async function drawPolicy(number: number): Promise<Policy> {
  const random = randomNumbers(SEED + number)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const { registry } = server.app.engine.runtime
  const person = people[number % people.length] as (typeof people)[number]
  const roles: LeveledRole[] = []
  for (const key of (await person.client.data('{ me { roles { key } } }')).me.roles.map((role: { key: string }) => role.key))
    await server.admin.data(ROLES.unassign, { id: person.id, key })
  while (roles.length < (HELD[number % HELD.length] as number)) {
    const grants: OracleGrant[] = []
    const add = (module: string, actions: readonly string[]) => {
      const condition = module !== '*' && random() < 0.4 ? drawCondition({ name: module }, { random, registry, steps, rows }) : undefined
      const scope: OracleScope = pick(['OWN', 'TEAM', 'TEAM_TREE', 'ALL'] as const)
      grants.push({ module, actions, scope, ...(condition && { where: condition.where, holds: condition.holds }) })
    }
    if (random() < 0.1) add('*', ['READ'])
    const fields: LeveledRole['fields'][number][] = []
    for (const { name, fields: known } of modules()) {
      if (random() < 0.8) add(name, ['READ'])
      if (random() < 0.3) add(name, random() < 0.5 ? ['READ', 'UPDATE'] : ['CREATE', 'UPDATE'])
      for (const field of known.values()) {
        const isRelation = field.reference !== undefined || field.type === 'USER'
        const share = isRelation ? 0.06 : (field.sensitivity ?? 'none') === 'none' ? 0.15 : 0.5
        if (field.name !== 'id' && field.name !== 'version' && random() < share)
          fields.push({ module: name, field: field.name, access: pick(['HIDDEN', 'MASKED', 'READ', 'WRITE']) })
      }
    }
    const key = `p${number}_${roles.length}`
    await server.admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
    await server.admin.data(ROLES.assign, { id: person.id, key })
    roles.push({ grants, fields })
  }
  const grantees = [...people.map(({ id }) => id), ...rows.of('team').map(({ id }) => id)]
  const shares = await dealShares(server.database.url, byId([...rows.byId.values()]), grantees, random)
  const granted = roles.map(({ grants }) => grants)
  const levels = new LevelOracle(new AccessOracle(rows, person.id, granted), roles, await toldLevels(person.client))
  return { oracle: new AccessOracle(rows, person.id, granted, shares), levels, client: person.client }
}

const fieldBehind = ({ holder, behind }: Step) => server.app.engine.runtime.registry.module(holder).fields.get(behind) as FieldDefinition

/** Whether a relation is shown on all records; to lists that lead through a field that some do not show, nothing else leads. */
const isOpen = ({ oracle, levels }: Policy, step: Step) => levels.told(fieldBehind(step)) === 'READ' && (step.kind === 'any' || oracle.opens(step.target))

const follow = ({ oracle }: Policy, step: Step, row: StoredRow) => step.reach(row, rows).filter((each) => isLive(each) && oracle.sees(each))

/** The fields that are looked at on a record, from which something else is: other ones each time. */
function leavesOf(module: string, branch: Branch, turn: number): readonly FieldDefinition[] {
  const fields = plainFields(module)
  return branch.size === 0 ? [] : [0, 1].map((index) => fields[(turn * 2 + index) % fields.length] as FieldDefinition)
}

function leafValues({ levels }: Policy, row: StoredRow, fields: readonly FieldDefinition[]): [string, unknown][] {
  return fields.map((field) => {
    const level = levels.on(row, field)
    const value = values.get(row.id)?.[leafKey(field)]
    return [leafKey(field), level === undefined ? UNSURE : shownValue(field, level, value)]
  })
}

/** How many plain fields are shown on some records that roles reach, and not on others. */
function partlyShown({ levels }: Policy): number {
  const reached = (module: string) => rows.of(module).filter((row) => levels.reaching(row).length > 0)
  return modules().flatMap(({ name }) => plainFields(name).filter((field) => new Set(reached(name).map((row) => levels.on(row, field))).size > 1)).length
}

/** What the oracles expect of a record and all that a branch selects of it. */
function expected(policy: Policy, row: StoredRow, branch: Branch, turn: number): object {
  const members: [string, unknown][] = [['id', row.id], ...leafValues(policy, row, leavesOf(row.module, branch, turn))]
  for (const [step, inner] of branch) {
    if (step.kind === 'any' && members.some(([field]) => field === step.field)) continue
    const level = step.kind === 'many' ? undefined : policy.levels.on(row, fieldBehind(step))
    const isShown = step.kind === 'many' ? isOpen(policy, step) : level === 'READ' && (step.kind === 'any' || policy.oracle.opens(step.target))
    const found = isShown ? byId(follow(policy, step, row)) : null
    // A reference to any module goes on by the branch of the module that it leads to.
    const on = (each: StoredRow) =>
      step.kind === 'any' ? ([...branch].find(([other]) => other.field === step.field && other.target === each.module)?.[1] ?? new Map()) : inner
    const shown = found?.map((each) => expected(policy, each, on(each), turn)) ?? null
    members.push([step.field, step.kind !== 'many' && level === undefined ? UNSURE : step.kind === 'many' ? shown : (shown?.[0] ?? null)])
  }
  return Object.fromEntries(members)
}

/** What was found, with the expectation where that leaves it open. */
function settled(found: unknown, wanted: unknown): unknown {
  if (wanted === UNSURE) return UNSURE
  if (typeof found !== 'object' || found === null || typeof wanted !== 'object' || wanted === null) return found
  if (Array.isArray(found)) return found.map((each, index) => settled(each, (wanted as unknown[])[index]))
  return Object.fromEntries(Object.entries(found).map(([key, each]) => [key, settled(each, (wanted as Record<string, unknown>)[key])]))
}

/** All paths from a module, by two steps, each with all third ones; those that are this policy's to walk. */
function* branchesFrom(module: string, isWalked: () => boolean): Generator<readonly [Step, Step, Branch]> {
  const from = (target: string) => (steps.get(target) ?? []).filter(({ field }) => !STAMPS.has(field))
  for (const first of from(module))
    for (const second of from(first.target)) if (isWalked()) yield [first, second, new Map(from(second.target).map((third) => [third, new Map()]))]
}

async function answerOf({ client }: Policy, source: string, variables: object = {}): Promise<Record<string, unknown>> {
  const { data, errors } = await client.send(source, variables as never)
  const others = errors.filter(({ extensions }) => !['FORBIDDEN', 'FORBIDDEN_FIELD', 'NOT_FOUND'].includes(extensions.code))
  expect([source, others.map(({ message }) => message)]).toEqual([source, []])
  return plain(data) as Record<string, unknown>
}

/** Walks a branch from all records of the module, by its list or by their ids. */
async function walk(policy: Policy, module: string, branch: Branch, turn: number): Promise<void> {
  const { pluralName, typeName } = server.app.engine.runtime.registry.module(module)
  const all = byId(rows.of(module))
  const leaves = (at: string, inner: Branch) => leavesText(leavesOf(at, inner, turn))
  const selection = `id ${leaves(module, branch)} ${selectionOf(branch, typeOf, turn % 4 < 2, leaves)}`
  const shown = (row: StoredRow) => (isLive(row) && policy.oracle.sees(row) ? expected(policy, row, branch, turn) : null)
  const isByIds = turn % 2 === 0
  const source = isByIds
    ? `query ($ids: [ID!]!) { found: nodes(ids: $ids) { ... on ${typeName} { ${selection} } } }`
    : `{ found: ${pluralName} { nodes { ${selection} } } }`
  const answer = await answerOf(policy, source, isByIds ? { ids: all.map(({ id }) => id) } : {})
  const wanted = isByIds ? all.map(shown) : policy.oracle.opens(module) ? all.map(shown).filter((each) => each !== null) : null
  const found = settled(answer['found'], wanted)
  if (JSON.stringify(found) !== JSON.stringify(wanted)) expect({ source, found }).toEqual({ source, found: wanted })
}

/** Every door to single records and counts of a module; all of its fields; and the conditions that look through its relations. */
async function tryDoors(policy: Policy): Promise<void> {
  for (const { name, pluralName, typeName, fields } of modules()) {
    const { oracle, levels } = policy
    const plain = plainFields(name)
    const all = byId(rows.of(name))
    const open = oracle.opens(name)
    const seen = all.filter((row) => oracle.sees(row))
    const live = seen.filter(isLive)
    const single = all.map(({ id }, index) => {
      const door = [`node(id: "${id}")`, `${name}(id: "${id}")`, `${name}By(by: {id: "${id}"})`][index % 3] as string
      return `r${index}: ${door} { id }`
    })
    const through = (steps.get(name) ?? []).filter((step) => step.kind !== 'any' && isOpen(policy, step) && open)
    const conditions = through.map(
      ({ field, kind }, index) => `f${index}: ${pluralName}(filter: {${field}: ${kind === 'many' ? '{some: {}}' : '{}'}}) { nodes { id } }`,
    )
    const {
      list: found,
      count,
      bin,
      both,
      ...rest
    } = await answerOf(
      policy,
      `{ list: ${pluralName} { edges { node { id ${leavesText(plain)} } } } count: ${pluralName}Aggregate { count } bin: ${pluralName}(deleted: ONLY) { nodes { id } }
         both: ${pluralName}(deleted: INCLUDE) { nodes { id } } ${single.join(' ')} ${conditions.join(' ')} }`,
    )
    const wanted = {
      list: open ? byId(live).map((row) => Object.fromEntries([['id', row.id], ...leafValues(policy, row, plain)])) : null,
      count: open ? [{ count: live.length }] : null,
      bin: open ? idsOf(seen.filter((row) => !isLive(row))) : null,
      both: open ? idsOf(seen) : null,
      rest: Object.fromEntries([
        ...all.map((row, index) => [`r${index}`, live.includes(row) ? { id: row.id } : null]),
        ...through.map((step, index) => [`f${index}`, idsOf(live.filter((row) => follow(policy, step, row).length > 0))]),
      ]),
    }
    const list = settled(found, wanted.list)
    expect({ typeName, list, count, bin, both, rest }).toEqual({ typeName, ...wanted })
    const wrong = [...fields.values()].filter((field) => open && isPlainField(field) && levels.contradicted(all, field))
    expect([name, wrong.map((field) => [field.name, levels.told(field)])]).toEqual([name, []])
  }
}

test(
  `${POLICIES} policies show on every path what the oracle sees`,
  async () => {
    const told = { operations: 0, paths: 0, seen: 0, all: 0, partly: 0 }
    for (let number = 0; number < POLICIES; number += 1) {
      const policy = await drawPolicy(number)
      told.partly += partlyShown(policy)
      await tryDoors(policy)
      let pair = 0
      for (const { name } of modules()) {
        let branch: Branch = new Map()
        const flush = async (): Promise<void> => {
          if (branch.size === 0) return
          await walk(policy, name, branch, told.operations)
          told.operations += 1
          branch = new Map()
        }
        // The short run deals the paths out among its policies.
        for (const [first, second, thirds] of branchesFrom(name, () => PROVE || pair++ % (POLICIES * SHARE) === number)) {
          if (sizeOf(branch) + sizeOf(thirds) > LARGEST) await flush()
          const below = branch.get(first) ?? new Map()
          branch.set(first, below.set(second, thirds))
          told.paths += thirds.size
        }
        await flush()
      }
      for (const row of rows.byId.values()) {
        told.all += 1
        if (policy.oracle.sees(row)) told.seen += 1
      }
    }
    tell(
      `oracle walk: ${POLICIES} policies, ${told.paths} paths of four steps in ${told.operations} operations; ${Math.round((100 * told.seen) / told.all)} % of records seen, ${told.partly} fields shown on some records more than on others`,
    )
    expect(told.paths).toBeGreaterThan(PROVE ? 500_000 : 5_000)
    expect(told.partly).toBeGreaterThan(POLICIES * 3)
    expect(told.seen / told.all).toBeGreaterThan(0.3)
    expect(told.seen / told.all).toBeLessThan(0.9)
  },
  POLICIES * 60_000,
)
