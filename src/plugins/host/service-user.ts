import { writeSystemAudit } from '../../auth/index.ts'
import { fieldKey, moduleKey } from '../../auth/module-key.ts'
import { API_NAMES, type PredicateObject } from '../../auth/predicate-names.ts'
import { readPredicate } from '../../auth/read-predicate.ts'
import { insertRole, replaceFields, replaceGrants } from '../../auth/role-store.ts'
import { storedPredicate } from '../../auth/translate-predicate.ts'
import { type Issue, say } from '../../errors/index.ts'
import type { Transaction } from '../../records/database.ts'
import type { ModuleDefinition, Registry } from '../../records/registry/index.ts'
import { underCurrentEpochs } from '../../records/under-current-epochs.ts'
import { capableRights } from './capable-rights.ts'
import type { LoadedPlugin } from './load-code.ts'
import { PluginProblem } from './manifest.ts'
import type { HostServices } from './services.ts'

/** Key of the role that the service user of a plugin holds. */
export const roleKeyOf = (plugin: string): string => `plugin_${plugin.replaceAll('-', '_')}`.slice(0, 48)

/** Makes the user that the plugin's own work is done as, once; it never signs in. Answers its id. */
export async function ensureServiceUser({ writer, system, registry, database, now }: HostServices, plugin: string): Promise<string> {
  const [row] = await database.query<{ userId: string | null }>({
    text: 'SELECT user_id::text AS "userId" FROM plugin WHERE name = $1',
    values: [plugin],
    purpose: 'platform',
  })
  if (row?.userId) return row.userId
  const reason = `plugin ${plugin}`
  return underCurrentEpochs(async () =>
    writer.run(
      await system(reason),
      { requestId: reason, cause: 'system' },
      async (changes, transaction) => {
        const [held] = await transaction.query<{ userId: string | null }>({
          text: 'SELECT user_id::text AS "userId" FROM plugin WHERE name = $1 FOR UPDATE',
          values: [plugin],
          purpose: 'platform',
        })
        if (held?.userId) return held.userId
        const { ids } = await changes.create(changes.registry.module('user'), [{ name: `Plugin ${plugin}`, kind: 'service' }], { pathOf: () => [] })
        const id = ids[0] as string
        const role = { key: roleKeyOf(plugin), name: `Plugin ${plugin}`, system: true }
        await insertRole(transaction, role)
        await transaction.query({
          text: 'INSERT INTO user_role (user_id, role_id) SELECT $1, id FROM role WHERE key = $2 ON CONFLICT DO NOTHING',
          values: [id, role.key],
          purpose: 'platform',
        })
        await transaction.query({ text: 'UPDATE plugin SET user_id = $2 WHERE name = $1', values: [plugin, id], purpose: 'platform' })
        await writeSystemAudit(transaction, reason, { at: now(), action: 'plugin.serviceUser', userIds: [id], details: { plugin, role: role.key } })
        return id
      },
      registry(),
    ),
  )
}

/** Gives the plugin's role what its capabilities say, on all records; administrators may narrow it until the capabilities change, or it brings another module. */
export async function grantCapabilities(transaction: Transaction, loaded: LoadedPlugin, registry: Registry): Promise<void> {
  const [role] = await transaction.query<{ id: string }>({
    text: 'SELECT id FROM role WHERE key = $1',
    values: [roleKeyOf(loaded.manifest.name)],
    purpose: 'platform',
  })
  if (!role) return
  const { grants, fields } = capableRights(loaded, registry)
  await replaceGrants(transaction, role.id, grants)
  await replaceFields(transaction, role.id, fields)
}

/** Gives roles the rights that the plugin proposes on modules that are new with it. A role that is gone, or was never there, is passed over. */
export async function grantDefaults(
  transaction: Transaction,
  { definition }: LoadedPlugin,
  registry: Registry,
  isNew: (module: string) => boolean,
): Promise<void> {
  for (const { role, module: name, actions, scope, where, fields = {} } of definition.grants ?? []) {
    const module = registry.modules.get(name)
    if (!module || !isNew(name)) continue
    const predicate = where === undefined ? null : storedWhere(definition.name, where, module, registry)
    await transaction.query({
      text: `INSERT INTO role_grant (role_id, module, actions, scope, predicate, position)
        SELECT r.id, $2, $3, $4, $5, (SELECT coalesce(max(g.position) + 1, 0) FROM role_grant g WHERE g.role_id = r.id) FROM role r WHERE r.key = $1`,
      values: [role, moduleKey(module), actions, scope, predicate],
      purpose: 'platform',
    })
    for (const [field, access] of Object.entries(fields)) await grantLevel(transaction, role, module, field, access)
  }
}

/** Likewise, the levels that it proposes of its fields in modules of others, by `<module>.<field>`. */
export async function grantLevels(
  transaction: Transaction,
  { definition }: LoadedPlugin,
  registry: Registry,
  isNew: (field: string) => boolean,
): Promise<void> {
  for (const { module: name, name: field, levels = {} } of definition.fields ?? []) {
    const module = registry.modules.get(name)
    if (!module || !isNew(`${name}.${field}`)) continue
    for (const [role, access] of Object.entries(levels)) await grantLevel(transaction, role, module, field, access)
  }
}

async function grantLevel(transaction: Transaction, role: string, module: ModuleDefinition, field: string, access: string): Promise<void> {
  const found = module.fields.get(field)
  if (!found) return
  await transaction.query({
    text: 'INSERT INTO role_field (role_id, module, field_id, access) SELECT id, $2, $3, $4 FROM role WHERE key = $1 ON CONFLICT DO NOTHING',
    values: [role, moduleKey(module), fieldKey(module, found), access],
    purpose: 'platform',
  })
}

/** The condition of a grant as it is stored. Throws PluginProblem for one that no administrator could give. */
function storedWhere(plugin: string, where: PredicateObject, module: ModuleDefinition, registry: Registry): PredicateObject {
  const issues: Issue[] = []
  const read = readPredicate(where, { module, registry, names: API_NAMES, path: ['where'], mayRead: () => true }, issues)
  const stored = read && storedPredicate(where, module, registry)
  if (stored) return stored
  throw new PluginProblem(
    say`The plugin ${plugin} grants rights on ${module.name} by a condition that is none: ${issues[0]?.message ?? say`it names what is not there`}`,
  )
}
