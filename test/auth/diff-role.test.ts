import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RoleChange } from '../../src/auth/role-plan.ts'
import { ACTIONS, type AccessPolicy, FIELD_LEVELS, type Principal, SCOPES } from '../../src/records/access/policy.ts'
import { codeOf, type Identity, ORIGIN, openIdentity } from './kit.ts'

let identity: Identity
let adminId: string
/** Active users by id, with their roles. */
const users = new Map<string, readonly string[]>()

const principalOf = async (userId: string) => (await identity.authenticator.principalOfUser(userId)) as Principal
const admin = () => principalOf(adminId)

beforeAll(async () => {
  identity = await openIdentity()
  adminId = (await identity.addUser({ roles: ['admin'] })).id
  for (const key of ['changing', 'other']) await identity.roles.create(await admin(), { key, name: key }, ORIGIN)
  await identity.roles.create(await admin(), { key: 'below', name: 'Below', inherits: ['changing'] }, ORIGIN)
  for (const roles of [[], ['changing'], ['changing'], ['below'], ['other'], ['changing', 'other'], ['below', 'read_only'], ['changing', 'admin']]) {
    users.set((await identity.addUser({ roles })).id, roles)
  }
  await identity.addUser({ roles: ['changing'], status: 'disabled' })
})

afterAll(() => identity.close())

const MODULES = ['account', 'lead', '*'] as const
const changes: fc.Arbitrary<RoleChange> = fc.record(
  {
    grants: fc.array(
      fc.record({
        module: fc.constantFrom(...MODULES),
        actions: fc.uniqueArray(fc.constantFrom(...ACTIONS), { minLength: 1 }),
        scope: fc.constantFrom(...SCOPES),
      }),
      { maxLength: 3 },
    ),
    fields: fc.uniqueArray(
      fc.record({ module: fc.constantFrom('account', 'lead'), field: fc.constantFrom('phone', 'name', '*'), access: fc.constantFrom(...FIELD_LEVELS) }),
      {
        selector: ({ module, field }) => `${module}.${field}`,
        maxLength: 3,
      },
    ),
    inherits: fc.subarray(['finance', 'other', 'marketing'], { maxLength: 1 }),
  },
  { requiredKeys: [] },
)

/** `READ {"create":…}` → `READ+WRITE`: the level on all records, and the highest on some. */
function partly(level: string): string {
  const [everywhere, partial = '{}'] = level.split(/ (?=\{)/)
  const highest =
    partial.includes('"update"') || partial.includes('"create"') ? '+WRITE' : partial.includes('"read"') ? '+READ' : partial === '{}' ? '' : '+MASKED'
  return `${everywhere}${highest}`
}

interface Reached {
  readonly scope: string
  readonly parent?: readonly Reached[] | null
}

/** `TEAM`, or `ALL<OWN+TEAM` below the parents in these scopes. */
const reachText = (reach: readonly Reached[] | undefined): string =>
  reach?.map(({ scope, parent }) => (parent ? `${scope}<${reachText(parent)}` : scope)).join('+') || 'none'

/** What differs between two policies, one line each: written here a second time. */
function linesOf(before: AccessPolicy, after: AccessPolicy): string[] {
  const names = new Set([...before.modules.keys(), ...after.modules.keys()])
  return [...names]
    .flatMap((module) => {
      const [had, has] = [before.modules.get(module), after.modules.get(module)]
      const actions = ACTIONS.map((action) => [`${module} ${action}`, reachText(had?.actions.get(action)), reachText(has?.actions.get(action))])
      const fields = [...new Set([...(had?.fields.keys() ?? []), ...(has?.fields.keys() ?? [])])].map((field) => [
        `${module}.${field}`,
        ...[had, has].map((access) => `${access?.fields.get(field) ?? 'HIDDEN'} ${JSON.stringify(access?.partial.get(field) ?? {})}`),
      ])
      return [...actions, ...fields]
        .filter(([, one, other]) => one !== other)
        .map(([place, one, other]) => [place, partly(one as string), partly(other as string)].join(' '))
    })
    .sort()
}

describe('the effect of a change of a role', () => {
  test('is told before it is made as it comes about, for all users, and telling changes nothing', async () => {
    const policies = async () => new Map(await Promise.all([...users.keys()].map(async (id) => [id, (await principalOf(id)).policy] as const)))
    let met = 0
    await fc.assert(
      fc.asyncProperty(changes, async (change) => {
        const [before, epoch] = [await policies(), await identity.accessEpoch()]
        const diff = await identity.access.diffRole(await admin(), 'changing', change)
        expect(await identity.accessEpoch()).toBe(epoch)
        await identity.roles.update(await admin(), 'changing', change, ORIGIN)
        const after = await policies()

        const told = new Map<string, string[]>()
        for (const { userIds, actions, fields, roles } of diff.groups) {
          const lines = [
            ...actions.map((each) => `${each.module} ${each.action} ${reachText(each.reachBefore)} ${reachText(each.reachAfter)}`),
            ...fields.map(({ module, field, before: one, after: other, partlyBefore, partlyAfter }) =>
              [
                `${module}.${field}`,
                ...[[one, partlyBefore] as const, [other, partlyAfter] as const].map(([level, some]) => (some ? `${level}+${some}` : level)),
              ].join(' '),
            ),
          ]
          const widths = [
            ...actions
              .filter(({ reachBefore, reachAfter }) => ![...reachBefore, ...reachAfter].some(({ parent }) => parent))
              .map((each) => [each.gains, ['none', ...SCOPES], each] as const),
            ...fields.filter((each) => !each.partlyBefore && !each.partlyAfter).map((each) => [each.gains, FIELD_LEVELS, each] as const),
          ]
          for (const [gains, words, each] of widths) {
            const place = (word: string | null) => (words as readonly string[]).indexOf(word ?? 'none')
            expect(gains).toBe(place(each.after) > place(each.before))
          }
          for (const id of userIds) {
            expect([...(users.get(id) ?? [])].sort()).toEqual(roles)
            told.set(id, lines.sort())
          }
        }
        const came = [...users.keys()]
          .map((id) => [id, linesOf(before.get(id) as AccessPolicy, after.get(id) as AccessPolicy)] as const)
          .filter(([, lines]) => lines.length > 0)
        expect(told).toEqual(new Map(came))
        met += came.length
      }),
      { numRuns: 15 },
    )
    expect(met).toBeGreaterThan(10)
  })

  test('is refused as the change itself is', async () => {
    const diff = async (key: string, change: RoleChange, principal?: Principal) => codeOf(identity.access.diffRole(principal ?? (await admin()), key, change))
    expect(await diff('nothing', {})).toBe('NOT_FOUND')
    expect(await diff('admin', { grants: [] })).toBe('FORBIDDEN')
    expect(await diff('changing', { inherits: ['below'] })).toBe('VALIDATION_FAILED')
    expect(await diff('changing', { grants: [{ module: 'nothing', actions: ['READ'], scope: 'ALL' }] })).toBe('VALIDATION_FAILED')
    const { id } = await identity.addUser({ roles: ['sales_manager'] })
    expect(await diff('changing', {}, await principalOf(id))).toBe('FORBIDDEN')
  })

  test('reaches service users by their API keys', async () => {
    const robot = await identity.addUser({ kind: 'service' })
    await identity.apiKeys.create(await admin(), { name: 'erp', userId: robot.id, roleKey: 'other' }, ORIGIN)
    const groups = async () =>
      (await identity.access.diffRole(await admin(), 'other', { grants: [{ module: 'lead', actions: ['DELETE'], scope: 'ALL' }] })).groups.filter(
        ({ userIds }) => userIds.includes(robot.id),
      )
    expect((await groups()).map(({ roles }) => roles)).toEqual([['other']])
    await identity.run('UPDATE api_key SET revoked_at = now() WHERE user_id = $1', [robot.id])
    expect(await groups()).toEqual([])
  })
})
