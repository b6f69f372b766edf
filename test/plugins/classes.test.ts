import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Options, transform } from '@swc/core'
import { getMetadataStorage } from 'type-graphql'
import { codesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { pluginFolder, pluginNamed, refusedStep, step } from './kit.ts'

/** As a plugin's author compiles it. */
const TYPESCRIPT: Options = {
  swcrc: false,
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
  module: { type: 'es6' },
}

const CAPABILITIES = { modules: { account: ['READ', 'UPDATE'] } }

/** A plugin as its author writes it, in TypeScript. `word`: tells versions apart. */
const SOURCE = (version: string, word: string) => `
  import { definePlugin, type CallContext, type RecordRef } from 'guanxi/plugin'
  import { Arg, Args, ArgsType, Ctx, DateType, DecimalType, Field, FieldResolver, ID, InputType, Int, JsonType, Mutation, ObjectType, Query, recordType, registerEnumType, Resolver, Root } from 'guanxi/type-graphql'
  type Context = CallContext<never>

  enum Mood { Good = 'good', Bad = 'bad' }
  registerEnumType(Mood, { name: 'ClassyMood' })

  @ObjectType({ description: 'What is made of an account.' })
  class ClassyNote {
    @Field(() => ID) id!: string
    @Field(() => String, { name: 'text' }) body!: string
    @Field(() => Mood) mood!: Mood
    @Field(() => [Mood]) moods!: Mood[]
    @Field(() => Date) at!: Date
    @Field(() => DateType) day!: string
    @Field(() => DecimalType, { nullable: true }) amount?: string
    @Field(() => JsonType, { nullable: true }) more?: unknown
    @Field(() => recordType('account'), { nullable: true }) account?: RecordRef
    @Field(() => String) shout(@Arg('times', () => Int, { defaultValue: 1 }) times: number): string { return this.body.toUpperCase().repeat(times) }
    secret = 'not a field'
  }

  @InputType()
  class ClassyPart { @Field(() => Int) size!: number; double() { return this.size * 2 } }

  @InputType()
  class ClassyInput {
    @Field(() => String) text!: string
    @Field(() => Mood, { defaultValue: Mood.Good }) mood!: Mood
    @Field(() => Date, { nullable: true }) at?: Date
    @Field(() => [ClassyPart], { defaultValue: [] }) parts!: ClassyPart[]
  }

  @ArgsType()
  class ClassyArgs { @Field(() => Int, { defaultValue: 2 }) first!: number; @Field(() => Mood, { nullable: true }) mood?: Mood }

  @Resolver(() => ClassyNote)
  class Notes {
    #calls = 0
    @Query(() => [ClassyNote])
    async classyNotes(@Args() { first, mood }: ClassyArgs, @Ctx() { records }: Context): Promise<ClassyNote[]> {
      const accounts = await records.find('account', { first, orderBy: [{ name: 'ASC' }] })
      return accounts.map(({ id, name }) => Object.assign(new ClassyNote(), { id, body: String(name), mood: mood ?? Mood.Bad, moods: [Mood.Good, Mood.Bad], at: new Date(0), day: '2030-01-02', amount: '1.10', more: { a: 1 }, account: { module: 'account', id } }))
    }
    @Query(() => String)
    classyEcho(@Arg('input', () => ClassyInput) input: ClassyInput, @Ctx('user') user: Context['user']): string {
      this.#calls += 1
      return [${JSON.stringify(word)}, input instanceof ClassyInput, input.text, input.mood, input.at instanceof Date && input.at.toISOString(), input.parts.map((part) => part.double()).join('+'), user.roles.join()].join(' ')
    }
    @Query(() => String, { nullable: true })
    classyOutside(@Ctx() { records }: Context) { return records.count('lead').then(String) }
    @Mutation(() => recordType('account'))
    async classyRename(@Arg('id', () => ID) id: string, @Arg('name', () => String) name: string, @Ctx() { records }: Context): Promise<RecordRef> {
      await records.change((changes) => changes.update('account', [{ id, values: { name } }]))
      return { module: 'account', id }
    }
    @FieldResolver(() => Int)
    async rank(@Root() note: ClassyNote, @Ctx() { records }: Context): Promise<number> { return (await records.count('account', { name: { eq: note.body } })) + note.body.length }
  }

  @Resolver()
  class More { @Query(() => Int) classyOne() { return 1 } }

  export default definePlugin({
    name: 'classy', version: '${version}', apiVersion: '^1.0.0', capabilities: ${JSON.stringify(CAPABILITIES)},
    permissions: [{ name: 'rename', label: 'Rename', roles: ['marketing'] }],
    graphql: {
      resolvers: [Notes, More], permissions: { classyRename: 'rename' },
      types: 'type ClassyPlain { words: [String!] } extend type Query { classyPlain: ClassyPlain }', Query: { classyPlain: () => ({ words: ['by', 'hand'] }) },
    },
  })`

/** What plugins may not use: a word of the refusal, and code. */
const REFUSED: readonly (readonly [name: string, word: RegExp, body: string])[] = [
  ['asks', /graphql\.permissions/, '@Resolver() class A { @Authorized() @Query(() => Int) asksX() { return 1 } }'],
  [
    'follows',
    /@Subscription/,
    `@Resolver() class A { @Query(() => Int) followsX() { return 1 } @Subscription(() => Int, { topics: 'x' }) followsY() { return 1 } }`,
  ],
  ['wraps', /@UseMiddleware/, '@Resolver() class A { @UseMiddleware(async (_, next) => next()) @Query(() => Int) wrapsX() { return 1 } }'],
  ['looks', /@Info/, '@Resolver() class A { @Query(() => Int) looksX(@Info() info) { return 1 } }'],
  ['nothing', /no @Resolver/, 'class A {}'],
  [
    'clashes',
    /type Money, which is taken/,
    `@ObjectType('Money') class M { @Field(() => Int) x } @Resolver() class A { @Query(() => M) clashesX() { return {} } }`,
  ],
  ['grabs', /query accounts, which is taken/, '@Resolver() class A { @Query(() => Int) accounts() { return 1 } }'],
  ['names', /names the type Nobody/, `@Resolver() class A { @Query(() => recordType('nobody')) namesX() { return null } }`],
  ['guesses', /Cannot determine/i, 'class Plain {} @Resolver() class A { @Query(() => Plain) guessesX() { return null } }'],
]

describe('a plugin that writes its types as classes', () => {
  const folder = pluginFolder()
  let server: TestServer
  let admin: TestClient
  let marketing: TestClient
  let rep: TestClient
  let id: string

  const write = async (name: string, source: string, version = '1.0.0', manifest: object = {}) => {
    const path = folder.write({ name, version, manifest })
    const { code } = await transform(source, TYPESCRIPT)
    writeFileSync(join(path, 'index.js'), code)
    return path
  }
  const writeClassy = (version: string, word: string) => write('classy', SOURCE(version, word), version, { capabilities: CAPABILITIES })
  const noted = () => Object.values(getMetadataStorage()).reduce((sum: number, list: unknown) => sum + (Array.isArray(list) ? list.length : 0), 0)

  beforeAll(async () => {
    const refused = await Promise.all(
      REFUSED.map(([name, , body]) =>
        write(
          name,
          `import { Authorized, Subscription, UseMiddleware, Info, Field, Int, ObjectType, Query, Resolver } from '${import.meta.resolve('type-graphql')}'
          import { recordType } from 'guanxi/type-graphql'
          ${body}
          export default { [Symbol.for('guanxi.plugin')]: true, name: '${name}', version: '1.0.0', apiVersion: '^1.0.0', graphql: { resolvers: [A] }, x: [recordType] }`,
        ),
      ),
    )
    server = await startTestServer({ environment: { PLUGIN_PATHS: [await writeClassy('1.0.0', 'first'), ...refused].join(',') } })
    admin = server.admin
    await step(admin, 'enablePlugin', 'classy')
    marketing = (await server.addUser('Marketing', 'marketing')).client
    rep = (await server.addUser('Rep', 'sales_rep')).client
    id = (await admin.data('mutation { createAccount(input: {name: "Acme", phone: "+86 10 8888 0001"}) { account { id } } }')).createAccount.account.id
    await admin.data('mutation { createAccount(input: {name: "Bravo"}) { changeSetId } }')
  }, 60_000)
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test('answers objects, enums, moments, records and fields with code of their own', async () => {
    const QUERY =
      '{ classyNotes(first: 1) { __typename id text mood moods at day amount more shout twice: shout(times: 2) rank account { name } } classyOne classyPlain { words } }'
    for (const transport of TRANSPORTS) {
      const { data, errors } = await admin.send(QUERY, {}, { transport })
      expect(errors).toEqual([])
      const note = { text: 'Acme', mood: 'Bad', moods: ['Good', 'Bad'], at: '1970-01-01T00:00:00.000Z', day: '2030-01-02', amount: '1.10', more: { a: 1 } }
      expect(data.classyNotes).toEqual([{ __typename: 'ClassyNote', id, ...note, shout: 'ACME', twice: 'ACMEACME', rank: 5, account: { name: 'Acme' } }])
      expect([data.classyOne, data.classyPlain]).toEqual([1, { words: ['by', 'hand'] }])
    }
  })

  test('is given objects of its input classes, with what they leave out filled in', async () => {
    const ECHO = 'query ($input: ClassyInput!) { classyEcho(input: $input) }'
    expect(await admin.data(ECHO, { input: { text: 'x' } })).toEqual({ classyEcho: 'first true x good false  admin' })
    const input = { text: 'x', mood: 'Bad', at: '2030-01-02T03:04:05Z', parts: [{ size: 2 }, { size: 3 }] }
    expect(await rep.data(ECHO, { input })).toEqual({ classyEcho: 'first true x bad 2030-01-02T03:04:05.000Z 4+6 sales_rep' })
    expect(codesOf(await admin.send(ECHO, { input: { text: 'x', mood: 'good' } }))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect((await admin.data('{ classyNotes(mood: Good) { mood } }')).classyNotes).toEqual([{ mood: 'Good' }, { mood: 'Good' }])
  })

  test('goes by the same rights as everything of a plugin', async () => {
    expect((await rep.data('{ classyNotes { id } }')).classyNotes).toEqual([])
    expect(codesOf(await admin.send('{ classyOutside }'))).toEqual(['FORBIDDEN'])
    expect(codesOf(await server.anonymous.send('{ classyOne }'))).toEqual(['UNAUTHENTICATED'])
    const RENAME = 'mutation ($id: ID!, $name: String!) { classyRename(id: $id, name: $name) { name } }'
    expect(codesOf(await rep.send(RENAME, { id, name: 'Taken' }))).toEqual(['FORBIDDEN'])
    expect(await marketing.data(RENAME, { id, name: 'Acme' })).toEqual({ classyRename: { name: 'Acme' } })
    const { __schema } = await rep.data('{ __schema { queryType { fields { name } } } }')
    const names = (type: { fields: { name: string }[] }) => type.fields.map(({ name }) => name).filter((name) => name.startsWith('classy'))
    expect(names(__schema.queryType)).toEqual(['classyPlain', 'classyNotes', 'classyEcho', 'classyOutside', 'classyOne'])
    const { __type } = await rep.data('{ __type(name: "ClassyNote") { description fields { name } } }')
    expect(__type.description).toBe('What is made of an account.')
    expect(__type.fields.map(({ name }: { name: string }) => name)).not.toContain('secret')
  })

  test('leaves nothing behind when it is upgraded, disabled and enabled again', async () => {
    const before = noted()
    for (const round of [1, 2, 3]) {
      await writeClassy(`1.${round}.0`, `round ${round}`)
      await step(admin, 'upgradePlugin', 'classy')
      expect(await admin.data('{ classyEcho(input: {text: "x"}) }')).toEqual({ classyEcho: `round ${round} true x good false  admin` })
      await step(admin, 'disablePlugin', 'classy')
      expect(codesOf(await admin.send('{ classyOne }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
      await step(admin, 'enablePlugin', 'classy')
      expect(await admin.data('{ classyOne }')).toEqual({ classyOne: 1 })
    }
    expect(noted()).toBe(before)
  }, 60_000)

  test.each(REFUSED)('is refused where it %s what plugins may not', async (name, word) => {
    const before = noted()
    const error = await refusedStep(admin, 'enablePlugin', name)
    expect(error?.extensions.code).toBe('VALIDATION_FAILED')
    expect(error?.message).toMatch(word)
    expect((await pluginNamed(admin, name)).state).toBe('installed')
    expect(noted()).toBe(before)
    expect(await admin.data('{ classyOne }')).toEqual({ classyOne: 1 })
  })
})
