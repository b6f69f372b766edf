import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { AccessOracle, type OracleGrant, type OracleScope } from '../support/access-oracle.ts'
import type { TestClient } from '../support/client.ts'
import { dealShares } from '../support/deal-shares.ts'
import { METADATA } from '../support/metadata.ts'
import { PROVE, tell } from '../support/nodes.ts'
import { type Branch, plain, type Step, selectionOf, sizeOf, stepsOf } from '../support/record-paths.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { fillWorld, randomNumbers } from '../support/small-world.ts'
import { type StoredRow, StoredRows } from '../support/stored-rows.ts'

/**
 * Whichever way leads to records (each path of the served schema with at most four steps, custom modules too), somebody finds those that an independent
 * oracle lets him see, and no others; whatever roles he has.
 */
const POLICIES = Number(process.env.GUANXI_WALK_POLICIES ?? (PROVE ? 50 : 6))
const SEED = Number(process.env.GUANXI_SEED ?? 20_260_401)
/** Modules to which references to any module are followed. */
const ANY = ['account', 'orderLine', 'gadget']
/** Lead to users, whom everybody reads, as `owner` does: left out of the short run. */
const STAMPS = new Set(PROVE ? [] : ['createdBy', 'updatedBy'])
/** One operation selects 500 records and lists at most, in 2,000 tokens. */
const LARGEST = 280

let server: TestServer
let rows: StoredRows
let steps: ReadonlyMap<string, readonly Step[]>
let people: { readonly id: string; readonly client: TestClient }[]

beforeAll(async () => {
  // It stands still: in full the walk takes longer than an access token lives.
  const start = new Date()
  server = await startTestServer({ now: () => start })
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
  people = []
  for (const name of ['One', 'Two', 'Three']) people.push(await server.addUser(name))
  const { registry, schema } = server.app.engine.runtime
  const { newId } = server.app.kernel
  await fillWorld(server.database.url, { seed: SEED, registry, newId, size: 6, people: people.map(({ id }) => id) })
  const modules = [...registry.modules.values()]
  rows = await StoredRows.load(
    server.database.url,
    Object.fromEntries(modules.map(({ name, table }) => [name, table])),
    modules.flatMap(({ linkFields }) => linkFields.map(({ column }) => column)),
  )
  steps = stepsOf(schema, registry, ANY)
}, 60_000)
afterAll(() => server?.close())

const modules = () => [...server.app.engine.runtime.registry.modules.values()]
const typeOf = (module: string) => server.app.engine.runtime.registry.module(module).typeName
const isLive = (row: StoredRow) => row['deleted_at'] === null
const byId = (list: readonly StoredRow[]) => [...list].sort((a, b) => (a.id < b.id ? -1 : 1))
const idsOf = (list: readonly StoredRow[]) => byId(list).map(({ id }) => ({ id }))

interface Policy {
  readonly oracle: AccessOracle
  /** `module.field` of relations that are not shown. */
  readonly hidden: ReadonlySet<string>
  readonly client: TestClient
}

/** A condition of a grant, as the API takes it and as the oracle understands it. */
function drawCondition(module: string, userId: string, random: () => number): Pick<OracleGrant, 'holds'> & { readonly where: object } {
  if (random() < 0.2) return { where: { owner: { id: { eq: { viewer: 'id' } } } }, holds: (row) => row['owner_id'] === userId }
  const [first, ...rest] = rows.of(module).map(({ id }) => id) as [string, ...string[]]
  const ids = [first, ...rest.filter(() => random() < 0.7)]
  const chosen = new Set(ids)
  return random() < 0.5
    ? { where: { id: { in: ids } }, holds: ({ id }) => chosen.has(id) }
    : {
        where: { not: { or: [{ id: { in: ids } }, { createdBy: { id: { isNull: true } } }] } },
        holds: (row) => !chosen.has(row.id) && row['created_by'] !== null,
      }
}

/** Gives one of the people one or two roles that are made up, in the place of those before. */
async function drawPolicy(number: number): Promise<Policy> {
  const random = randomNumbers(SEED + number)
  const person = people[number % people.length] as (typeof people)[number]
  const scope = (): OracleScope => (['OWN', 'TEAM', 'TEAM_TREE', 'ALL'] as const)[Math.floor(random() * 4)] as OracleScope
  const roles = random() < 0.6 ? 1 : 2
  const [granted, hidden]: [OracleGrant[][], string[]] = [[], []]
  for (const key of (await person.client.data('{ me { roles { key } } }')).me.roles.map((role: { key: string }) => role.key))
    await server.admin.data(ROLES.unassign, { id: person.id, key })
  for (let role = 0; role < roles; role += 1) {
    const own = new Map<string, OracleGrant>()
    const add = (module: string, actions: readonly string[]) => {
      const grant = { module, actions, scope: scope(), ...(module !== '*' && random() < 0.35 && drawCondition(module, person.id, random)) }
      own.set(`${module} ${grant.scope} ${own.size}`, grant)
    }
    if (random() < 0.1) add('*', ['READ'])
    for (const { name } of modules()) {
      if (random() < 0.8) add(name, ['READ'])
      if (random() < 0.3) add(name, random() < 0.5 ? ['READ', 'UPDATE'] : ['CREATE', 'UPDATE'])
    }
    // With several roles a level holds for some records and not for others; here it is the same for all.
    const closed = roles > 1 ? [] : [...steps.values()].flat().filter((step) => !new AccessOracle(rows, person.id, []).opens(step.holder) && random() < 0.06)
    hidden.push(...closed.map(({ holder, behind }) => `${holder}.${behind}`))
    const fields = [...new Set(closed.map(({ holder, behind }) => `${holder} ${behind}`))].map((place) => {
      const [module, field] = place.split(' ')
      return { module, field, access: random() < 0.5 ? 'HIDDEN' : 'MASKED' }
    })
    granted.push([...own.values()])
    const key = `p${number}_${role}`
    await server.admin.data(ROLES.create, {
      input: { key, name: key, grants: [...own.values()], fields },
    })
    await server.admin.data(ROLES.assign, { id: person.id, key })
  }
  const grantees = [...people.map(({ id }) => id), ...rows.of('team').map(({ id }) => id)]
  const shares = await dealShares(server.database.url, byId([...rows.byId.values()]), grantees, random)
  return { oracle: new AccessOracle(rows, person.id, granted, shares), hidden: new Set(hidden), client: person.client }
}

const isOpen = ({ oracle, hidden }: Policy, { target, holder, behind, kind }: Step) =>
  !hidden.has(`${holder}.${behind}`) && (kind === 'any' || oracle.opens(target))

const follow = ({ oracle }: Policy, step: Step, row: StoredRow) => step.reach(row, rows).filter((each) => isLive(each) && oracle.sees(each))

/** What the oracle expects of a record and all that a branch selects of it. */
function expected(policy: Policy, row: StoredRow, branch: Branch): object {
  const members: [string, unknown][] = [['id', row.id]]
  for (const [step, inner] of branch) {
    if (step.kind === 'any' && members.some(([field]) => field === step.field)) continue
    const found = isOpen(policy, step) ? byId(follow(policy, step, row)) : null
    // A reference to any module goes on by the branch of the module that it leads to.
    const on = (each: StoredRow) =>
      step.kind === 'any' ? ([...branch].find(([other]) => other.field === step.field && other.target === each.module)?.[1] ?? new Map()) : inner
    const shown = found?.map((each) => expected(policy, each, on(each))) ?? null
    members.push([step.field, step.kind === 'many' ? shown : (shown?.[0] ?? null)])
  }
  return Object.fromEntries(members)
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
  const selection = `id ${selectionOf(branch, typeOf, turn % 4 < 2)}`
  const shown = (row: StoredRow) => (isLive(row) && policy.oracle.sees(row) ? expected(policy, row, branch) : null)
  const isByIds = turn % 2 === 0
  const source = isByIds
    ? `query ($ids: [ID!]!) { found: nodes(ids: $ids) { ... on ${typeName} { ${selection} } } }`
    : `{ found: ${pluralName} { nodes { ${selection} } } }`
  const { found } = await answerOf(policy, source, isByIds ? { ids: all.map(({ id }) => id) } : {})
  const wanted = isByIds ? all.map(shown) : policy.oracle.opens(module) ? all.map(shown).filter((each) => each !== null) : null
  if (JSON.stringify(found) !== JSON.stringify(wanted)) expect({ source, found }).toEqual({ source, found: wanted })
}

/** Every door to single records and counts of a module; and the conditions that look through its relations. */
async function tryDoors(policy: Policy): Promise<void> {
  for (const { name, pluralName, typeName } of modules()) {
    const { oracle } = policy
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
    const { list, count, bin, both, ...rest } = await answerOf(
      policy,
      `{ list: ${pluralName} { edges { node { id } } } count: ${pluralName}Aggregate { count } bin: ${pluralName}(deleted: ONLY) { nodes { id } }
         both: ${pluralName}(deleted: INCLUDE) { nodes { id } } ${single.join(' ')} ${conditions.join(' ')} }`,
    )
    const wanted = {
      list: open ? idsOf(live) : null,
      count: open ? [{ count: live.length }] : null,
      bin: open ? idsOf(seen.filter((row) => !isLive(row))) : null,
      both: open ? idsOf(seen) : null,
      rest: Object.fromEntries([
        ...all.map((row, index) => [`r${index}`, live.includes(row) ? { id: row.id } : null]),
        ...through.map((step, index) => [`f${index}`, idsOf(live.filter((row) => follow(policy, step, row).length > 0))]),
      ]),
    }
    expect({ typeName, list, count, bin, both, rest }).toEqual({ typeName, ...wanted })
  }
}

test(
  `${POLICIES} policies show on every path what the oracle sees`,
  async () => {
    const told = { operations: 0, paths: 0, seen: 0, all: 0 }
    for (let number = 0; number < POLICIES; number += 1) {
      const policy = await drawPolicy(number)
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
        for (const [first, second, thirds] of branchesFrom(name, () => PROVE || pair++ % POLICIES === number)) {
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
      `oracle walk: ${POLICIES} policies, ${told.paths} paths of four steps in ${told.operations} operations; ${Math.round((100 * told.seen) / told.all)} % of records seen`,
    )
    expect(told.paths).toBeGreaterThan(PROVE ? 500_000 : 5_000)
    expect(told.seen / told.all).toBeGreaterThan(0.3)
    expect(told.seen / told.all).toBeLessThan(0.9)
  },
  POLICIES * 60_000,
)
