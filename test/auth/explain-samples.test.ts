import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import pg from 'pg'
import type { FieldDefinition, ModuleDefinition } from '../../src/records/registry/index.ts'
import { AccessOracle } from '../support/access-oracle.ts'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { dealShares } from '../support/deal-shares.ts'
import { SOURCES } from '../support/drawn-condition.ts'
import { isPlainField, selectionOf, shownValue } from '../support/field-values.ts'
import { LevelOracle } from '../support/level-oracle.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { PROVE, tell } from '../support/nodes.ts'
import { type DrawnRole, drawMixedRole } from '../support/random-role.ts'
import { type Step, stepsOf } from '../support/record-paths.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { fillWorld, randomNumbers } from '../support/small-world.ts'
import { StoredRows } from '../support/stored-rows.ts'
import { toldLevels } from '../support/told-levels.ts'

/**
 * What administrators are told about rights is what happens: `explainAccess` is asked about random roles, shares, users, records, fields and actions, and then the user
 * does it; `whoCanSee` is compared with everybody's own look. What somebody finds when he looks is what independent oracles let him see.
 */
const ROUNDS = PROVE ? 200 : 4
/** As many as one document has room for. */
const SAMPLES = 50
const SEED = Number(process.env.GUANXI_SEED ?? 4)
const random = randomNumbers(SEED)
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

let server: TestServer
let sql: pg.Client
let people: { readonly id: string; readonly client: TestClient }[]
let rows: StoredRows
let steps: ReadonlyMap<string, readonly Step[]>
/** What the administrator is told of each record: all of its plain fields. */
const values = new Map<string, Readonly<Record<string, unknown>>>()
/** Ids of all records by module, those in the recycle bin too. */
const records = new Map<string, readonly string[]>()

beforeAll(async () => {
  // It stands still: in full these tests take longer than an access token lives.
  const start = new Date()
  server = await startTestServer({ now: () => start, environment: { GUANXI_ROLE: 'api' } })
  sql = new pg.Client(server.database.url)
  await sql.connect()
  await server.admin.data(METADATA.createModule, {
    input: {
      name: 'gadget',
      pluralName: 'gadgets',
      fields: [
        { name: 'title', type: 'TEXT' },
        { name: 'serial', type: 'TEXT', sensitivity: 'sensitive' },
        { name: 'at', type: 'REFERENCE', reference: { module: 'account', inverseName: 'gadgets' } },
        { name: 'doubled', type: 'FORMULA', formula: 'concat(serial, serial)' },
      ],
    },
  })
  await makeField(server.admin, {
    module: 'user',
    name: 'areas',
    type: 'MULTI_SELECT',
    label: 'Areas',
    options: SOURCES.map((value) => ({ value, label: value })),
  })
  people = []
  for (const name of ['One', 'Two', 'Three', 'Four']) people.push(await server.addUser(name))
  const { registry } = server.app.engine.runtime
  await fillWorld(server.database.url, { seed: SEED, registry, newId: server.app.kernel.newId, size: 6, people: people.map(({ id }) => id) })
  rows = await StoredRows.load(
    server.database.url,
    Object.fromEntries(modules().map(({ name, table }) => [name, table])),
    modules().flatMap(({ linkFields }) => linkFields.map(({ column }) => column)),
  )
  steps = stepsOf(server.app.engine.runtime.schema, registry, [])
  for (const { name, pluralName, fields } of modules()) {
    records.set(
      name,
      rows
        .of(name)
        .map(({ id }) => id)
        .sort(),
    )
    const plain = [...fields.values()].filter(isPlainField)
    const { page } = await server.admin.data(`{ page: ${pluralName}(first: 100, deleted: INCLUDE) { nodes { id ${plain.map(selectionOf).join(' ')} } } }`)
    for (const node of page.nodes) values.set(node.id, node)
  }
}, 60_000)
afterAll(async () => {
  await sql?.end()
  await server?.close()
})

const modules = () => [...server.app.engine.runtime.registry.modules.values()]

/** What the oracles say of somebody, by the id of the user. */
const oracles = new Map<string, { readonly access: AccessOracle; readonly levels: LevelOracle }>()

let dealt = 0
/** New roles for all of them: one or two each, which may inherit earlier ones; and other shares. */
async function deal(): Promise<void> {
  const { registry } = server.app.engine.runtime
  dealt += 1
  const made = new Map<string, ReturnType<typeof drawMixedRole>>()
  for (let index = 0; index < 3; index += 1) {
    const role = drawMixedRole(`r${dealt}_${index}`, { random, registry, steps, rows, others: [...made.keys()] })
    await server.admin.data(ROLES.create, { input: role })
    made.set(role.key, role)
  }
  const keys = [...made.keys()]
  const held = people.flatMap(({ id }) => [...new Set([pick(keys), ...(random() < 0.4 ? [pick(keys)] : [])])].map((key) => [id, key] as const))
  await sql.query('DELETE FROM user_role WHERE user_id = ANY($1)', [people.map(({ id }) => id)])
  await sql.query(
    'INSERT INTO user_role (user_id, role_id) SELECT h.user_id, r.id FROM unnest($1::uuid[], $2::text[]) AS h(user_id, key) JOIN role r USING (key)',
    [held.map(([id]) => id), held.map(([, key]) => key)],
  )
  const all = [...records.values()].flat().map((id) => ({ id }))
  const shares = await dealShares(server.database.url, all, [...people.map(({ id }) => id), ...(records.get('team') ?? [])], random)
  for (const { id, client } of people) {
    const roles = [...heldBy(new Set(held.filter(([user]) => user === id).map(([, key]) => key)), made)]
    const granted = roles.map(({ grants }) => grants)
    const levels = new LevelOracle(new AccessOracle(rows, id, granted), roles, await toldLevels(client))
    oracles.set(id, { access: new AccessOracle(rows, id, granted, shares), levels })
  }
}

/** The roles of these keys, and those that they stand on. */
function* heldBy(keys: Set<string>, made: ReadonlyMap<string, DrawnRole & { readonly inherits: readonly string[] }>): Generator<DrawnRole> {
  // A set's iteration reaches what is added on the way.
  for (const key of keys) {
    const role = made.get(key) as DrawnRole & { readonly inherits: readonly string[] }
    for (const each of role.inherits) keys.add(each)
    yield role
  }
}
beforeEach(deal)

/** Something that can be looked at. */
interface Place {
  readonly module: ModuleDefinition
  readonly recordId: string | null
  readonly field: FieldDefinition | null
}

/** A reference to records of one module. */
const isReference = ({ field }: Place) => (field?.type === 'REFERENCE' && field.reference?.module !== '*') || field?.type === 'USER'

/**
 * Whether somebody sees the whole of each place: all in one operation. What he is shown is what the oracles say. `leading`: places whose references lead to a record, which somebody then sees as well.
 */
async function sees(
  { id, client }: Pick<(typeof people)[number], 'id' | 'client'>,
  places: readonly Place[],
  leading: readonly boolean[] = [],
): Promise<boolean[]> {
  const looks = places.map(({ module, recordId, field }, index) => {
    const filter = recordId === null ? '' : `, filter: {id: {eq: "${recordId}"}}`
    return `p${index}: ${module.pluralName}(first: 1, deleted: INCLUDE${filter}) { nodes { id ${field ? selectionOf(field) : ''} viewerAccess { hiddenFields maskedFields } } }`
  })
  if (looks.length === 0) return []
  const { data, errors } = await client.send(`{ ${looks.join('\n')} }`)
  // Whatever else goes wrong is no matter of rights, and would hide what he sees.
  expect(errors.filter(({ extensions }) => !/^FORBIDDEN(_FIELD)?$/.test(extensions.code))).toEqual([])
  return places.map(({ recordId, field }, index) => {
    const nodes: ({ viewerAccess: { hiddenFields: string[]; maskedFields: string[] } } & Record<string, unknown>)[] | undefined = data?.[`p${index}`]?.nodes
    const place = { query: looks[index], user: id }
    // There is none for the administrator.
    const oracle = oracles.get(id)
    const row = rows.byId.get(recordId ?? '')
    if (row && oracle) expect({ ...place, seen: (nodes ?? []).length > 0 }).toEqual({ ...place, seen: oracle.access.sees(row) })
    if (nodes === undefined || (recordId !== null && nodes.length === 0)) return false
    const level = row && field && isPlainField(field) ? oracle?.levels.on(row, field) : undefined
    if (row && field && level !== undefined) {
      const stored = values.get(row.id)?.[field.name]
      expect({ ...place, level, value: nodes[0]?.[field.name] }).toEqual({ ...place, level, value: shownValue(field, level, stored) })
      return level === 'READ'
    }
    const isRefused = errors.some(({ path, extensions }) => path?.[0] === `p${index}` && extensions.code === 'FORBIDDEN_FIELD')
    if (leading[index] && (nodes[0]?.[field?.name ?? ''] ?? null) === null) return false
    const closed = [...(nodes[0]?.viewerAccess.hiddenFields ?? []), ...(nodes[0]?.viewerAccess.maskedFields ?? [])]
    return field === null || !(isRefused || closed.includes(field.name))
  })
}

interface Sample extends Place {
  readonly person: (typeof people)[number]
  readonly action: 'READ' | 'CREATE' | 'UPDATE' | 'DELETE' | 'RESTORE'
}

/** A value that the field takes: one that is refused for what it is would be so before anybody looks for the record. */
const valueOf = ({ type, options, pattern }: FieldDefinition): unknown =>
  pattern !== undefined
    ? undefined
    : type === 'SELECT'
      ? options?.[0]?.value
      : ({ TEXT: 'x', LONG_TEXT: 'x', EMAIL: 'x@example.com', BOOLEAN: true } as Record<string, unknown>)[type]
const takesValue = (field: FieldDefinition) => !field.required || valueOf(field) !== undefined

function draw(): Sample {
  const module = pick(modules())
  // Who may sign in has rules beyond the policy.
  const isRead = module.name === 'user' || random() < 0.4
  const drawn = isRead ? 'READ' : pick(['CREATE', 'UPDATE', 'UPDATE', 'DELETE', 'RESTORE'] as const)
  // A new team has no owner by itself, so whether it lies within the scope is a matter of what is given.
  const action = drawn === 'CREATE' && module.name === 'team' ? 'UPDATE' : drawn
  // By owner and team a record leaves its writer's reach.
  const fields = [...module.fields.values()].filter((field) => !['owner', 'team'].includes(field.name) && (isRead || takesValue(field)))
  const recordId = action === 'CREATE' || (isRead && random() < 0.1) ? null : pick(records.get(module.name) ?? [])
  // Without a record, a field is asked about that some record may show and another not.
  const isAboutField = action === 'CREATE' || (recordId !== null && action !== 'DELETE' && action !== 'RESTORE')
  return { person: pick(people), module, action, recordId, field: isAboutField && random() < 0.7 ? pick(fields) : null }
}

/** Refusals that are about rights; a missing value is the complaint of who may write. */
const REFUSED = new Set(['FORBIDDEN', 'NOT_FOUND', 'FORBIDDEN_FIELD', 'GRAPHQL_VALIDATION_FAILED'])

/** Complaints about what is given, or what stands in the way, of somebody who may. */
const OTHER = new Set(['VALIDATION_FAILED', 'DUPLICATE'])

/** Whether somebody may do it, by a write that is dry. */
async function writes({ person, module: { typeName }, action, recordId, field }: Sample): Promise<boolean> {
  const name = `${action.toLowerCase()}${typeName}`
  const input = field ? { [field.name]: valueOf(field) ?? null } : {}
  const [variables, args] =
    action === 'CREATE'
      ? [`$input: Create${typeName}Input!`, 'input: $input']
      : action === 'UPDATE'
        ? [`$id: ID!, $input: Update${typeName}Input!`, 'id: $id, input: $input']
        : ['$id: ID!', 'id: $id']
  const answer = await person.client.send(`mutation (${variables}) { ${name}(${args}, dryRun: true) { changeSetId } }`, {
    ...(variables.includes('$id') ? { id: recordId } : {}),
    ...(variables.includes('$input') ? { input } : {}),
  })
  expect(answer.errors.filter(({ extensions: { code } }) => !REFUSED.has(code) && !OTHER.has(code))).toEqual([])
  // Others may be made: of this one the conditions of grants do not admit what it holds, which is more than was asked.
  if (action === 'CREATE' && answer.errors[0]?.extensions.code === 'FORBIDDEN' && answer.errors[0].extensions['path'] !== undefined) return true
  const isFieldRefused = issuesOf(answer).some((issue) => /(UNKNOWN_FIELD|FORBIDDEN_FIELD)$/.test(issue))
  return !(codesOf(answer).some((code) => REFUSED.has(code)) || isFieldRefused)
}

const askedFor = ({ module, recordId, field }: Place) =>
  `module: "${module.name}"${recordId === null ? '' : `, recordId: "${recordId}"`}${field ? `, field: "${field.name}"` : ''}`

test(
  `explainAccess says of ${ROUNDS * SAMPLES} random samples what really happens`,
  async () => {
    const told = { allowed: 0, refused: 0 }
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round > 0) await deal()
      const samples = Array.from({ length: SAMPLES }, draw)
      const questions = samples.map(
        (sample, index) => `s${index}: explainAccess(userId: "${sample.person.id}", ${askedFor(sample)}, action: ${sample.action}) { allowed reasons }`,
      )
      const explained = await server.admin.data(`{ ${questions.join('\n')} }`)
      const seen = new Map<Sample, boolean>()
      for (const person of people) {
        const looks = samples.filter((sample) => sample.person === person && sample.action === 'READ')
        const answers = await sees(person, looks)
        for (const [index, sample] of looks.entries()) seen.set(sample, answers[index] as boolean)
      }
      for (const [index, sample] of samples.entries()) {
        const { allowed, reasons } = explained[`s${index}`] as { allowed: boolean; reasons: string[] }
        const really = seen.get(sample) ?? (await writes(sample))
        expect({ question: questions[index], reasons, allowed }).toEqual({ question: questions[index], reasons, allowed: really })
        told[allowed ? 'allowed' : 'refused'] += 1
      }
    }
    tell(`explainAccess: ${told.allowed} allowed, ${told.refused} refused`)
    expect(Math.min(told.allowed, told.refused)).toBeGreaterThan((ROUNDS * SAMPLES) / 6)
  },
  ROUNDS * 30_000,
)

test(
  'whoCanSee names those who see it when each of them looks',
  async () => {
    let named = 0
    for (let round = 0; round < ROUNDS / 2; round += 1) {
      if (round > 0) await deal()
      const places = Array.from({ length: SAMPLES / 2 }, (): Place => {
        const module = pick(modules())
        return { module, recordId: pick(records.get(module.name) ?? []), field: random() < 0.6 ? pick([...module.fields.values()]) : null }
      })
      const answers = await server.admin.data(`{ ${places.map((place, index) => `w${index}: whoCanSee(${askedFor(place)}) { id }`).join('\n')} }`)
      const looks = new Map<string, readonly boolean[]>()
      const all = places.map(() => true)
      const whole = await sees({ id: '', client: server.admin }, places, all)
      const leading = places.map((place, index) => isReference(place) && whole[index] === true)
      for (const person of people) looks.set(person.id, await sees(person, places, leading))
      for (const [index, place] of places.entries()) {
        const told = (answers[`w${index}`] as { id: string }[]).map(({ id }) => id).filter((id) => looks.has(id))
        expect([askedFor(place), told.sort()]).toEqual([askedFor(place), people.map(({ id }) => id).filter((id) => looks.get(id)?.[index])])
        named += told.length
      }
    }
    expect(named).toBeGreaterThan(ROUNDS)
  },
  ROUNDS * 30_000,
)
