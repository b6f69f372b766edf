import { z } from 'zod'
import { requireAdministrator } from '../../auth/index.ts'
import { GuanxiError, type Issue, type Message, quoted, say, validationFailed } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { Executor } from '../../records/database.ts'
import type { PluginAdministration, PluginView } from '../../resolvers/plugin-administration.ts'
import type { CodeStore } from './code-store.ts'
import { settingsOf } from './instance.ts'
import type { Lifecycle } from './lifecycle.ts'
import { refuseHostileKeys } from './manifest.ts'
import { settingIssues } from './message-from.ts'
import type { Nodes } from './nodes.ts'
import { type PluginRow, readPlugins, wasEnabled } from './plugin-rows.ts'
import type { HostServices } from './services.ts'
import { shownSettings } from './shown-settings.ts'

export function createAdministration(services: HostServices, lifecycle: Lifecycle, codes: CodeStore, nodes: Nodes): PluginAdministration {
  const { database, metadata } = services
  const list = async (principal: Principal): Promise<readonly PluginView[]> => {
    requireAdministrator(principal)
    const [{ plugins, problems }, rows, live] = await Promise.all([codes.discover(), readPlugins(database), nodes.live()])
    const names = [...new Set([...plugins.keys(), ...rows.keys()])].sort()
    const views = names.map((name): PluginView => {
      const [found, row] = [plugins.get(name), rows.get(name)]
      const loaded = row && codes.loaded(name, row.version)
      const definition = loaded?.definition
      const failing = live.find((node) => node.plugins[name]?.error != null && row?.state === 'enabled')
      const told = failing ? `${failing.process} (${failing.role}): ${failing.plugins[name]?.error}` : null
      return {
        name,
        version: row?.version ?? found?.manifest.version ?? null,
        available: found?.manifest.version ?? null,
        state: wasEnabled(row) ? row.state : 'installed',
        builtIn: found?.builtIn ?? false,
        capabilities: (loaded?.manifest ?? found?.manifest)?.capabilities ?? {},
        dependsOn: (loaded?.manifest ?? found?.manifest)?.dependsOn ?? {},
        lastError: told ?? row?.lastError ?? null,
        settingsSchema: definition?.settings ? z.toJSONSchema(definition.settings, { io: 'input' }) : null,
        settings: loaded && row ? shownSettings(loaded.definition.settings, settingsOf(loaded, row.settings)) : null,
        permissions: (definition?.permissions ?? []).map((each) => ({ name: each.name, label: each.label, roles: row?.permissions[each.name] ?? [] })),
        processes: live.flatMap(({ process, role, plugins: has }) => (has[name] ? [{ process, role, ...has[name] }] : [])),
      }
    })
    const broken = [...problems].filter(([source]) => !names.includes(source))
    return [...views, ...broken.map(([source, error]) => brokenView(source, error))]
  }
  const viewOf = async (principal: Principal, name: string) => (await list(principal)).find((view) => view.name === name) ?? null
  const enabledRow = async (name: string, executor: Executor): Promise<PluginRow> => {
    const row = (await readPlugins(executor)).get(name)
    if (row?.state !== 'enabled') throw refusal('name', say`The plugin ${name.slice(0, 60)} is not enabled.`)
    return row
  }
  return {
    list,
    change: async (principal, change, name, origin) => {
      await lifecycle[change](principal, name, origin)
      return viewOf(principal, name)
    },
    setSettings: async (principal, name, settings, origin) => {
      requireAdministrator(principal)
      await metadata.changePlugins(principal, 'plugin.settings', { origin }, async (change) => {
        // What somebody else has set meanwhile stays.
        const row = await enabledRow(name, change.transaction)
        const loaded = codes.loaded(name, row.version)
        if (!loaded) throw new GuanxiError('PLUGIN_UNAVAILABLE', say`This process has not the code of the plugin ${name}.`, { plugin: name })
        const merged = mergedSettings(loaded.definition.settings, row.settings, settings)
        change.touched.push(...Object.keys(settings as object).map((member) => `plugin ${name} ${member}`))
        change.rows.push({
          text: 'UPDATE plugin SET settings = $2, changed_at = now() WHERE name = $1',
          values: [name, JSON.stringify(merged)],
          purpose: 'platform',
        })
      })
      return viewOf(principal, name)
    },
    setPermission: async (principal, name, permission, roles, origin) => {
      requireAdministrator(principal)
      await metadata.changePlugins(principal, 'plugin.permission', { origin }, async (change) => {
        const row = await enabledRow(name, change.transaction)
        if (!Object.hasOwn(row.permissions, permission))
          throw refusal('permission', say`The plugin ${name} has no permission named ${permission.slice(0, 60)}.`)
        const known = await change.transaction.query<{ key: string }>({
          text: 'SELECT key FROM role WHERE key = ANY($1::text[])',
          values: [roles],
          purpose: 'platform',
        })
        const unknown = roles.find((role) => !known.some(({ key }) => key === role))
        if (unknown !== undefined) throw refusal('roles', say`There is no role named ${unknown.slice(0, 60)}.`)
        change.touched.push(`plugin ${name} ${permission}`)
        change.rows.push({
          text: 'UPDATE plugin SET permissions = permissions || jsonb_build_object($2::text, to_jsonb($3::text[])), changed_at = now() WHERE name = $1',
          values: [name, permission, [...new Set(roles)]],
          purpose: 'platform',
        })
      })
      return viewOf(principal, name)
    },
  }
}

function brokenView(source: string, error: string): PluginView {
  const nothing = {
    version: null,
    available: null,
    builtIn: false,
    capabilities: {},
    dependsOn: {},
    settingsSchema: null,
    settings: null,
    permissions: [],
    processes: [],
  }
  return { name: source, state: 'quarantined', lastError: error, ...nothing }
}

function refusal(argument: string, message: Message): GuanxiError {
  return validationFailed([{ path: [argument], code: 'PLUGIN', message }])
}

/** What is stored with what is given. Throws VALIDATION_FAILED with all that is wrong. */
function mergedSettings(schema: z.ZodObject | undefined, stored: Readonly<Record<string, unknown>>, given: unknown): Readonly<Record<string, unknown>> {
  if (!schema) throw refusal('settings', say`The plugin has no settings.`)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw refusal('settings', say`Settings are an object.`)
  try {
    refuseHostileKeys(given, 'settings')
  } catch (error) {
    throw refusal('settings', quoted(say`These settings cannot be taken:`, (error as Error).message))
  }
  const issues: Issue[] = Object.keys(given).flatMap((member) =>
    Object.hasOwn(schema.shape, member)
      ? []
      : [{ path: ['settings', member], code: 'UNKNOWN', message: say`There is no setting named ${member.slice(0, 60)}.` }],
  )
  const merged = Object.fromEntries(Object.entries({ ...stored, ...given }).filter(([member, value]) => value !== null && Object.hasOwn(schema.shape, member)))
  const result = schema.safeParse(merged)
  if (!result.success) issues.push(...settingIssues(schema, merged, result.error, z.locales.zhCN().localeError))
  if (issues.length > 0) throw validationFailed(issues)
  return merged
}
