import type { z } from 'zod'
import { systemPrincipal } from '../../auth/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { EnabledPlugin, Registry } from '../../records/registry/index.ts'
import type { Actor, PluginContext } from '../api/index.ts'
import { systemRights } from './capable-rights.ts'
import { type Calls, createCalls, type FailureReport } from './guarded-call.ts'
import { createLimits, reachOf } from './limit-policy.ts'
import type { LoadedPlugin } from './load-code.ts'
import { declaredOrigins } from './outbound/declared-hosts.ts'
import { createOutbound, type Outbound } from './outbound/plugin-fetch.ts'
import type { Transport } from './outbound/transport.ts'
import { createCounters, createPluginCache, createPluginLog, type HostLog } from './plugin-log.ts'
import type { PluginMetrics } from './services.ts'

/** A plugin of one version and with one set of settings, at work in this process. */
export interface PluginInstance {
  readonly enabled: EnabledPlugin
  readonly loaded: LoadedPlugin
  readonly calls: Calls
  /** What is in every context. */
  readonly common: PluginContext<never>
  /** Somebody's rights as far as the plugin's capabilities go. */
  limit(principal: Principal): Principal
  /** All that the plugin's capabilities name, sensitive fields too, on all records; for use inside of a transaction, or with epochs that hold. */
  limitedSystem(reason: string, registry: Registry, epochs: Principal['policy']['epochs']): Principal
  permits(principal: Principal, permission: string): boolean
  /** Its way to other hosts. */
  readonly outbound: Outbound
}

export interface InstanceServices {
  readonly now: () => Date
  readonly log: HostLog
  readonly report: FailureReport
  readonly metrics: PluginMetrics
  readonly transport: Transport
}

export function createInstance(enabled: EnabledPlugin, loaded: LoadedPlugin, { log, report, metrics, now, transport }: InstanceServices): PluginInstance {
  const { name, version } = enabled
  const limit = createLimits(reachOf(loaded))
  const systems = new WeakMap<Registry, Principal>()
  return {
    enabled,
    loaded,
    calls: createCalls(name, report, (outcome, milliseconds) => metrics.call(name, outcome, milliseconds)),
    common: Object.freeze({
      plugin: name,
      version,
      settings: settingsOf(loaded, enabled.settings) as never,
      now: () => now(),
      log: createPluginLog(log, name),
      cache: createPluginCache(),
      metrics: createCounters(name, metrics),
    }),
    limit,
    outbound: createOutbound(name, version, declaredOrigins(loaded.manifest.capabilities.network), transport),
    limitedSystem: (reason, registry, epochs) => {
      const known = systems.get(registry)
      const current = known?.policy.epochs
      const fits = known !== undefined && current?.schema === epochs.schema && current.access === epochs.access
      const system = fits ? known : systemPrincipal(reason, registry, epochs, systemRights(loaded, registry))
      systems.set(registry, system)
      return Object.freeze({ ...limit(system), via: `plugin ${name}: ${reason}`.slice(0, 200) })
    },
    permits: ({ kind, roles }, permission) =>
      kind === 'system' || roles.includes('admin') || (enabled.permissions[permission] ?? []).some((role) => roles.includes(role)),
  }
}

/** What is stored may be of an earlier version: what does not fit any more is left out, so that the default holds; where members do not fit together, all defaults hold. */
export function settingsOf({ definition }: LoadedPlugin, stored: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { settings } = definition
  if (!settings) return Object.freeze({})
  const fitting = Object.fromEntries(
    Object.entries(stored).filter(
      ([member, value]) => Object.hasOwn(settings.shape, member) && parsed(settings.shape[member] as z.ZodType, value) !== undefined,
    ),
  )
  // Members can fit by themselves and not together.
  const values = parsed(settings, stored) ?? parsed(settings, fitting) ?? settings.parse({})
  return Object.freeze(values as Readonly<Record<string, unknown>>)
}

/** What a schema makes of a value; undefined where it takes it not, or fails at it. */
function parsed(schema: z.ZodType, value: unknown): unknown {
  try {
    const result = schema.safeParse(value)
    return result.success ? result.data : undefined
  } catch {
    return undefined
  }
}

/** `enabled`: whose service user is the plugin itself. */
export function actorOf({ userId, roles, kind }: Principal, enabled: Pick<EnabledPlugin, 'userId'>): Actor {
  return Object.freeze({ id: userId, roles, system: kind === 'system', self: enabled.userId !== null && userId === enabled.userId })
}
