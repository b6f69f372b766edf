import { setTimeout as delay } from 'node:timers/promises'
import { buildClientSchema, buildSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery, printSchema } from 'graphql'
import { StartupError } from '../../errors/index.ts'

/** Where a live server is, and who asks it. */
export interface ServerAddress {
  /** With or without `/graphql`. */
  readonly url: string
  readonly token: string
  /** Key of a role to see the schema as, which administrators may; otherwise as whoever the token belongs to. */
  readonly role?: string | undefined
}

/** What the metadata says of a field, as far as types follow from it. */
export interface FieldFacts {
  readonly name: string
  readonly valueType: string
  readonly aliases: readonly string[]
  readonly nullable: boolean
  readonly options: readonly { readonly value: string; readonly retired: boolean }[] | null
}

/** What the metadata says of a module. */
export interface ModuleFacts {
  readonly name: string
  readonly pluralName: string
  readonly fields: readonly FieldFacts[]
}

/** A schema as its reader sees it. */
export interface LiveSchema {
  readonly schema: GraphQLSchema
  readonly sdl: string
  readonly modules: readonly ModuleFacts[]
  /** With a role: what the asking administrator sees. It tells what is hidden from the role from what is not there. */
  readonly whole: GraphQLSchema | null
}

const MODULES = 'modules { name pluralName fields { name valueType aliases nullable options { value retired } } }'
/** Milliseconds after which a server that does not answer is given up. */
const PATIENCE = 60_000
const ATTEMPTS = 5
/** Seconds. */
const LONGEST_WAIT = 10

/** Reads the schema of a server. Throws StartupError for a server that is not there, and for what it refuses. */
export async function readLiveSchema(address: ServerAddress): Promise<LiveSchema> {
  const introspection = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, specifiedByUrl: true })
  const own = await ask<IntrospectionQuery & { modules: readonly ModuleFacts[] }>(address, introspection.replace('{', `{ ${MODULES} `))
  const { modules, ...told } = own
  const schema = buildClientSchema(told)
  if (address.role === undefined) return { schema, sdl: printSchema(schema), modules, whole: null }
  const { roleSchema } = await ask<{ roleSchema: { sdl: string; modules: readonly ModuleFacts[] } }>(
    address,
    `query ($role: String!) { roleSchema(roleKey: $role) { sdl ${MODULES} } }`,
    { role: address.role },
  )
  return { schema: buildSchema(roleSchema.sdl), sdl: roleSchema.sdl, modules: roleSchema.modules, whole: schema }
}

/** The version of the schema that is served: it grows with each change. */
export async function readSchemaVersion(address: ServerAddress): Promise<number> {
  return (await ask<{ schemaVersion: number }>(address, '{ schemaVersion }')).schemaVersion
}

/** Asks again where the server says that the same may succeed soon: after a change of schema or rights, or beyond a rate. */
async function ask<Data>(address: ServerAddress, query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Data> {
  for (let attempt = 1; ; attempt += 1) {
    const { data, errors } = await askOnce(address, query, variables)
    const [error] = errors ?? []
    if (!error) return data as Data
    const { retryable, retryAfter } = error.extensions ?? {}
    if (!retryable || attempt === ATTEMPTS) throw new StartupError(`${endpointOf(address.url)} refuses to show its schema: ${error.message}`)
    await delay(Math.min(retryAfter ?? attempt, LONGEST_WAIT) * 1_000)
  }
}

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly retryable?: boolean; readonly retryAfter?: number } }[]
}

async function askOnce({ url, token }: ServerAddress, query: string, variables: Readonly<Record<string, unknown>>): Promise<Answer> {
  const endpoint = endpointOf(url)
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(PATIENCE),
  })
    .then((response) => response.text())
    .catch((error: Error) => {
      throw new StartupError(
        `${endpoint} does not answer: ${(error.cause as Error | undefined)?.message ?? error.message}. Is the server running? Name it by --url.`,
      )
    })
  return parsed(answer, endpoint)
}

function parsed(text: string, endpoint: string): Answer {
  try {
    return JSON.parse(text) as Answer
  } catch {
    throw new StartupError(`${endpoint} does not answer as GraphQL does. Name the server by --url.`)
  }
}

function endpointOf(url: string): string {
  if (!URL.canParse(url)) throw new StartupError(`--url: ${JSON.stringify(url)} is no URL.`)
  const { pathname } = new URL(url)
  return pathname === '/' ? new URL('/graphql', url).href : url
}
