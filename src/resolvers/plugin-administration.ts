import type { RequestOrigin } from '../auth/index.ts'
import type { Principal } from '../records/access/policy.ts'

/** A plugin as administrators see it. */
export interface PluginView {
  readonly name: string
  /** Version that is enabled, or would be. */
  readonly version: string | null
  /** Version that this process finds. */
  readonly available: string | null
  /** `installed` (found, and never enabled), `enabled`, `disabled`, `quarantined` or `uninstalled`. */
  readonly state: string
  readonly builtIn: boolean
  readonly capabilities: unknown
  readonly dependsOn: unknown
  readonly lastError: string | null
  /** JSON Schema; null where there are none, or the code is not loaded. */
  readonly settingsSchema: unknown
  /** With defaults; secret ones are left out. */
  readonly settings: unknown
  readonly permissions: readonly { readonly name: string; readonly label: string; readonly roles: readonly string[] }[]
  readonly processes: readonly { readonly process: string; readonly role: string; readonly loaded: readonly string[]; readonly error: string | null }[]
}

export type PluginChange = 'enable' | 'disable' | 'upgrade' | 'uninstall' | 'purge'

/** What administrators do with plugins. All throw FORBIDDEN for everybody else, and VALIDATION_FAILED with what is in the way. */
export interface PluginAdministration {
  list(principal: Principal): Promise<readonly PluginView[]>
  /** Does it, and answers the plugin as it is then. */
  change(principal: Principal, change: PluginChange, name: string, origin: RequestOrigin): Promise<PluginView | null>
  /** Changes the settings that are named; null goes back to the default. */
  setSettings(principal: Principal, name: string, settings: unknown, origin: RequestOrigin): Promise<PluginView | null>
  setPermission(principal: Principal, name: string, permission: string, roles: readonly string[], origin: RequestOrigin): Promise<PluginView | null>
}
