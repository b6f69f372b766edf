import pg from 'pg'
import { METADATA } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { nameOf, TESTED, type TestedType } from './field-types.ts'
import { RATES } from './samples.ts'

/** A module that has a field of each type: a core one and a custom one. */
export interface TestedModule {
  readonly module: string
  readonly list: string
  /** Of the schema's types: `Account`. */
  readonly typeName: string
  /** What its records need besides. */
  readonly base: Readonly<Record<string, unknown>>
}

export const MODULES: readonly TestedModule[] = [
  { module: 'account', list: 'accounts', typeName: 'Account', base: { type: 'customer' } },
  { module: 'gadget', list: 'gadgets', typeName: 'Gadget', base: {} },
]

/** A server of which both modules have every type; amounts count in CNY there. */
export interface EveryType {
  readonly server: TestServer
  readonly sql: pg.Client
  /** Ids of two users. */
  readonly users: readonly string[]
  close(): Promise<void>
}

export const SELECTION = TESTED.map((each) => `${nameOf(each)}${each.selection ?? ''}`).join(' ')

export async function startEveryType(): Promise<EveryType> {
  const server = await startTestServer({ environment: { ORGANISATION_CURRENCY: 'CNY' } })
  const sql = new pg.Client(server.database.url)
  await sql.connect()
  const { admin } = server
  for (const [currency, rate] of Object.entries(RATES)) {
    if (currency === 'CNY') continue
    const input = { currency, rate, validFrom: '2020-01-01' }
    await admin.data('mutation ($input: CreateExchangeRateInput!) { createExchangeRate(input: $input) { exchangeRate { id } } }', { input })
  }
  await admin.data(METADATA.createModule, {
    input: { name: 'gadget', pluralName: 'gadgets', label: '器件', fields: [{ name: 'name', type: 'TEXT', label: '名称' }] },
  })
  for (const { module } of MODULES) {
    const input = [
      { module, name: 'scope', type: 'TEXT' },
      { module, name: 'runKey', type: 'TEXT', unique: true },
      ...TESTED.map((each) => ({ module, name: nameOf(each), type: each.type, label: `字段 ${each.type}`, ...attributesOf(each, module) })),
    ]
    // Those that are made of others come when these are there.
    for (const late of [false, true])
      await admin.data(METADATA.createFields, { input: input.filter(({ type }) => (type === 'FORMULA' || type === 'ROLLUP') === late) })
  }
  return {
    server,
    sql,
    users: [(await admin.data('{ me { id } }')).me.id, (await server.addUser('Second')).id],
    close: async () => {
      await sql.end()
      await server.close()
    },
  }
}

function attributesOf({ type, attributes, default: value }: TestedType, module: string): object {
  const inverseName = type === 'REFERENCE' ? 'fReferenceOf' : type === 'REFERENCES' ? 'fReferencesOf' : undefined
  return { ...attributes, ...(value !== undefined && { default: value }), ...(inverseName && { reference: { module, inverseName } }) }
}
