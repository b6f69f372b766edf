import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ACTIONS, type AccessPolicy, FIELD_LEVELS, type Principal, SCOPES } from '../../src/records/access/policy.ts'
import { codeOf, type Identity, ORIGIN, openIdentity } from './kit.ts'

let identity: Identity
let adminId: string

beforeAll(async () => {
  identity = await openIdentity()
  adminId = (await identity.addUser({ name: 'root', roles: ['admin'] })).id
})

afterAll(() => identity.close())

const principalOf = async (userId: string) => (await identity.authenticator.principalOfUser(userId)) as Principal
const admin = () => principalOf(adminId)
type NewRole = Parameters<Identity['roles']['create']>[1]
const create = async (input: Omit<NewRole, 'name'>) => identity.roles.create(await admin(), { name: input.key, ...input }, ORIGIN)
const update = async (key: string, input: Parameters<Identity['roles']['update']>[2]) => identity.roles.update(await admin(), key, input, ORIGIN)
const holder = async (...roles: string[]) => (await identity.addUser({ roles })).id
const policyOf = async (userId: string) => (await principalOf(userId)).policy
/** What of a policy must be equal for two people of the same rights. */
const plain = ({ modules, shape }: AccessPolicy) => ({
  shape,
  modules: Object.fromEntries([...modules].map(([name, { actions, fields }]) => [name, [[...actions], [...fields]]])),
})
const issuesOf = (error: { details: { issues: { path: unknown[]; code: string }[] } }) =>
  error.details.issues.map(({ path, code }) => `${path.join('.')} ${code}`)

describe('inherited roles', () => {
  // Hasura #10711: roles that inherit roles that inherit lost their limits on rows and columns.
  test('give the union of all, however deep, exactly as if each were held by itself', async () => {
    let made = 0
    const right = fc.record({ actions: fc.uniqueArray(fc.constantFrom(...ACTIONS), { minLength: 1, maxLength: 4 }), scope: fc.constantFrom(...SCOPES) })
    const field = fc.record({ field: fc.constantFrom('name', 'phone', 'creditLimit', '*'), access: fc.constantFrom(...FIELD_LEVELS) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.array(right, { maxLength: 2 }),
            fc.uniqueArray(field, { selector: (each) => each.field, maxLength: 3 }),
            fc.array(fc.nat(3), { maxLength: 2 }),
          ),
          {
            minLength: 2,
            maxLength: 5,
          },
        ),
        async (roles) => {
          made += 1
          const keys: string[] = []
          for (const [index, [grants, fields, parents]] of roles.entries()) {
            const key = `r${made}_${index}`
            // The one before comes always, so that the last one stands on a chain of all.
            const inherits = index === 0 ? [] : [...new Set([keys[index - 1] as string, ...parents.map((parent) => keys[parent % index] as string)])]
            await create({
              key,
              inherits,
              grants: grants.map((grant) => ({ module: 'account', ...grant })),
              fields: fields.map((each) => ({ module: 'account', ...each })),
            })
            keys.push(key)
          }
          const [inherited, united] = [await holder(keys.at(-1) as string), await holder(...keys)]
          expect(plain(await policyOf(inherited))).toEqual(plain(await policyOf(united)))
        },
      ),
      { numRuns: 12 },
    )
  })

  test('carry their scopes along: the keys of a scope that only an inherited role uses are read', async () => {
    const team = await identity.addTeam('inherited scope')
    await create({ key: 'base', grants: [{ module: 'account', actions: ['READ'], scope: 'TEAM' }] })
    await create({ key: 'middle', inherits: ['base'] })
    await create({ key: 'top', inherits: ['middle'] })
    const user = await identity.addUser({ roles: ['top'], team })
    const principal = await principalOf(user.id)
    expect(principal.roles).toEqual(['top'])
    expect(principal.policy.scopes.TEAM).toEqual([team, user.id].sort())
    expect(principal.policy.modules.get('account')?.actions.get('READ')).toEqual([{ scope: 'TEAM' }])
  })

  test('that are emptied or gone take away what they gave, and nothing declared never means all', async () => {
    await create({ key: 'giving', grants: [{ module: 'lead', actions: ['READ'], scope: 'OWN' }] })
    await create({ key: 'taking', inherits: ['giving'] })
    const user = await holder('taking')
    expect((await policyOf(user)).modules.get('lead')?.actions.get('READ')).toEqual([{ scope: 'OWN' }])
    const nothing = plain(await policyOf(await holder()))
    await update('giving', { grants: [] })
    expect(plain(await policyOf(user))).toEqual(nothing)
    await update('giving', { grants: [{ module: 'lead', actions: ['READ'], scope: 'ALL' }] })
    expect((await policyOf(user)).modules.get('lead')?.actions.get('READ')).toEqual([{ scope: 'ALL' }])
    const before = await identity.accessEpoch()
    await identity.run(`DELETE FROM role WHERE key = 'giving'`)
    expect(await identity.accessEpoch()).toBeGreaterThan(before)
    expect(plain(await policyOf(user))).toEqual(nothing)
    expect((await identity.roles.list(await admin())).find(({ key }) => key === 'taking')?.inherits).toEqual([])
  })

  test('are left as they are by a change that does not name them, and replaced by one that does', async () => {
    await create({ key: 'a' })
    await create({ key: 'b' })
    expect((await create({ key: 'c', inherits: ['a'] })).inherits).toEqual(['a'])
    expect((await update('c', { name: 'C' })).inherits).toEqual(['a'])
    expect((await update('c', { inherits: ['b', 'a'] })).inherits).toEqual(['a', 'b'])
    expect((await update('c', { inherits: [] })).inherits).toEqual([])
  })

  test('are refused with their place: circles, unknown ones, one that is listed twice, and admin', async () => {
    await create({ key: 'one' })
    await create({ key: 'two', inherits: ['one'] })
    await create({ key: 'three', inherits: ['two'] })
    const refused = (work: Promise<unknown>) => work.then(() => [], issuesOf)
    expect(await refused(update('one', { inherits: ['finance', 'three'] }))).toEqual(['input.inherits.1 CYCLE'])
    expect(await refused(update('one', { inherits: ['one'] }))).toEqual(['input.inherits.0 CYCLE'])
    expect(await refused(create({ key: 'four', inherits: ['four'] }))).toEqual(['input.inherits.0 CYCLE'])
    expect(await refused(create({ key: 'four', inherits: ['nothing', 'one', 'one', 'admin'] }))).toEqual([
      'input.inherits.0 UNKNOWN',
      'input.inherits.2 DUPLICATE',
      'input.inherits.3 NOT_APPLICABLE',
    ])
    expect((await identity.roles.list(await admin())).find(({ key }) => key === 'one')?.inherits).toEqual([])
  })

  test('a circle that was written past the API ends all the same', async () => {
    await create({ key: 'left', grants: [{ module: 'lead', actions: ['READ'], scope: 'OWN' }] })
    await create({ key: 'right', inherits: ['left'] })
    await identity.run(`INSERT INTO role_inherit SELECT l.id, r.id FROM role l, role r WHERE l.key = 'left' AND r.key = 'right'`)
    expect((await policyOf(await holder('right'))).modules.get('lead')?.actions.get('READ')).toEqual([{ scope: 'OWN' }])
  })
})

describe('nobody', () => {
  /** Limited to a role that is no administrator's, by a row that only the database could hold: what stands between is the check of rights. */
  const limited = async (): Promise<Principal> => ({ ...(await principalOf(await holder('sales_manager'))), roles: ['admin'] })

  // A role that inherits more than its maker holds would be a way to raise oneself.
  test('gives by inheritance what they do not hold', async () => {
    await create({ key: 'within', grants: [{ module: 'account', actions: ['READ'], scope: 'OWN' }] })
    await create({ key: 'beyond', inherits: ['finance'] })
    const before = await identity.run('SELECT * FROM role_inherit ORDER BY 1, 2')
    const attempts = [
      async () => identity.roles.create(await limited(), { key: 'mine', name: 'Mine', inherits: ['finance'] }, ORIGIN),
      async () => identity.roles.create(await limited(), { key: 'mine', name: 'Mine', inherits: ['beyond'] }, ORIGIN),
      async () => identity.roles.update(await limited(), 'within', { inherits: ['beyond'] }, ORIGIN),
    ]
    for (const attempt of attempts) {
      const error = await attempt().catch((failure) => failure)
      expect(error.code).toBe('FORBIDDEN')
      expect(error.message).toContain('inherited from finance')
    }
    const target = await holder()
    expect(await codeOf((async () => identity.roles.assign(await limited(), target, 'beyond', ORIGIN))())).toBe('FORBIDDEN')
    await identity.roles.assign(await limited(), target, 'within', ORIGIN)
    await identity.roles.create(await limited(), { key: 'fine', name: 'Fine', inherits: ['within'] }, ORIGIN)
    expect(await identity.run(`SELECT i.* FROM role_inherit i JOIN role r ON r.id = i.role_id WHERE r.key <> 'fine' ORDER BY 1, 2`)).toEqual(before)
  })

  test('becomes an administrator by inheritance, not even past the API, nor counts as the last one', async () => {
    await create({ key: 'crown' })
    await identity.run(`INSERT INTO role_inherit SELECT c.id, a.id FROM role c, role a WHERE c.key = 'crown' AND a.key = 'admin'`)
    const user = await holder('crown')
    expect(await codeOf((async () => identity.roles.list(await principalOf(user)))())).toBe('FORBIDDEN')
    expect(await codeOf((async () => identity.roles.unassign(await admin(), adminId, 'admin', ORIGIN))())).toBe('FORBIDDEN')
    // The role admin itself takes nothing in and cannot be renamed into something else.
    expect(await codeOf(update('admin', { inherits: ['crown'] }))).toBe('FORBIDDEN')
    await identity.run(`DELETE FROM role WHERE key = 'crown'`)
  })

  test('limits an API key to a role that they hold neither directly nor by inheritance', async () => {
    await create({ key: 'parent', grants: [{ module: 'lead', actions: ['READ'], scope: 'OWN' }] })
    await create({ key: 'child', inherits: ['parent'], grants: [{ module: 'account', actions: ['READ'], scope: 'ALL' }] })
    const user = await holder('child')
    const key = async (roleKey: string) => identity.apiKeys.create(await principalOf(user), { name: 'key', roleKey }, ORIGIN)
    const { secret } = await key('parent')
    const rights = async () => [...(await identity.principalOf(secret)).policy.modules.keys()].filter((name) => ['account', 'lead'].includes(name))
    expect(await rights()).toEqual(['lead'])
    expect(await codeOf(key('finance'))).toBe('FORBIDDEN')
    await update('child', { inherits: [] })
    expect(await rights()).toEqual([])
  })
})
