import { GuanxiError, say } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import { fieldLevel } from '../../records/access/secured.ts'
import { actorOf as auditActorOf, writeEntries } from '../../records/audit/write-entries.ts'
import type { RuleContext } from '../../records/write/index.ts'
import type { DerivedRecords, HookContext } from '../api/index.ts'
import type { Turn } from './guarded-call.ts'
import { actorOf, type PluginInstance } from './instance.ts'
import { reachOf, wholeOf } from './limit-policy.ts'
import { recordReader } from './read-records.ts'
import type { Reading } from './reading.ts'
import type { HostServices } from './services.ts'

/** What a plugin is handed to judge a write: everything in the transaction of the write, and over with its turn. */
export function hookContext(services: Pick<HostServices, 'noteReads'>, instance: PluginInstance, context: RuleContext, turn: Turn): HookContext<never> {
  const { principal, registry, transaction, organisationCurrency, origin } = context
  const from = { requestId: origin.requestId, client: `plugin ${instance.enabled.name}`, ip: origin.ip ?? null }
  const reading = (by: typeof principal) => async (): Promise<Reading> => {
    turn.check()
    return { executor: transaction, registry, principal: by, organisationCurrency, checked: true, origin: from, noteReads: services.noteReads }
  }
  return Object.freeze({
    ...instance.common,
    user: actorOf(principal, instance.enabled),
    at: context.at,
    changeSetId: context.changeSetId,
    derived: context.derived,
    records: recordReader(reading(instance.limit(wholeOf(principal)))),
    permits: (permission: string) => instance.permits(principal, permission),
    derive: ownWrites(instance, context, turn),
    asSystem: async (reason: string) => {
      turn.check()
      requireSystem(instance, reason)
      const at = new Date(context.at)
      const details = { plugin: instance.enabled.name, reason }
      const entry = { ...auditActorOf(principal), at, action: 'plugin.asSystem', origin: from, result: 'ok', details }
      await writeEntries(transaction, [entry], 'platform')
      // What it has seen, it has seen also where the write is refused: what it refuses by may tell of it.
      context.afterRollback((executor) => writeEntries(executor, [entry], 'platform'))
      const system = instance.limitedSystem(reason, registry, principal.policy.epochs)
      return Object.freeze({ ...recordReader(reading(system)), ...capableWrites(instance, context, turn, system) })
    },
  })
}

/** Throws FORBIDDEN where the plugin has not asked for it, and VALIDATION_FAILED without a reason. */
export function requireSystem({ loaded: { manifest } }: PluginInstance, reason: unknown): void {
  if (manifest.capabilities.system !== true)
    throw new GuanxiError('FORBIDDEN', say`The plugin ${manifest.name} has no capability to go beyond the user's rights.`)
  if (typeof reason !== 'string' || reason.trim() === '')
    throw new GuanxiError('FORBIDDEN', say`The plugin ${manifest.name} gives no reason for going beyond the user's rights.`)
}

/** The plugin has brought the field, or the module that it belongs to. */
export function isOwnField({ loaded: { definition } }: PluginInstance, module: string, field: string): boolean {
  return isOwnModule(definition, module) || (definition.fields ?? []).some((each) => each.module === module && each.name === field)
}

function isOwnModule({ modules = [] }: PluginInstance['loaded']['definition'], module: string): boolean {
  return modules.some(({ name }) => name === module)
}

const ACTS = { CREATE: say`create`, UPDATE: say`update`, DELETE: say`delete`, LOCK: say`lock` } as const

type Act = keyof typeof ACTS

/** `shows`: the plugin may see the field of records that it locks. */
function derived(
  context: RuleContext,
  turn: Turn,
  allow: (act: Act, module: string, values: readonly object[]) => boolean,
  plugin: string,
  shows: (module: string, field: string) => boolean = () => true,
): DerivedRecords {
  const require = (act: Act, module: string, values: readonly object[] = []): void => {
    turn.check()
    if (!context.registry.modules.has(module) || !allow(act, module, values))
      throw new GuanxiError('FORBIDDEN', say`The plugin ${plugin} may not ${ACTS[act]} ${String(module).slice(0, 60)} by itself.`)
  }
  return {
    lock: async (module, ids) => {
      require('LOCK', module)
      const found = await context.images(module, ids, { lock: true })
      const shown = (image: object) =>
        Object.fromEntries(Object.entries(structuredClone(image)).map(([field, value]) => [field, shows(module, field) ? value : null]))
      return new Map([...found].map(([id, image]) => [id, Object.freeze(shown(image))]))
    },
    create: async (module, records) => {
      require('CREATE', module, records)
      return context.derive.create(module, records)
    },
    update: async (module, updates) => {
      require('UPDATE', module, updates.map(({ values }) => values))
      await context.derive.update(module, updates)
    },
    delete: async (module, ids) => {
      require('DELETE', module)
      await context.derive.delete(module, ids)
    },
  }
}

/** On records of its own modules, and to its own fields of others. */
function ownWrites(instance: PluginInstance, context: RuleContext, turn: Turn): DerivedRecords {
  const { definition } = instance.loaded
  const allow = (act: Act, module: string, values: readonly object[]): boolean =>
    isOwnModule(definition, module) || (act === 'UPDATE' && values.every((each) => Object.keys(each).every((field) => isOwnField(instance, module, field))))
  return derived(context, turn, allow, instance.enabled.name)
}

/** On whatever the plugin has capabilities for, as far as `system` says of fields. */
function capableWrites(instance: PluginInstance, context: RuleContext, turn: Turn, { policy }: Principal): DerivedRecords {
  const reach = reachOf(instance.loaded)
  const isKept = (module: string, field: string): boolean => {
    const { sensitivity } = context.registry.module(module).fields.get(field) ?? {}
    return (sensitivity ?? 'none') !== 'none' && fieldLevel(policy, module, field) !== 'WRITE'
  }
  const allow = (act: Act, module: string, values: readonly object[]): boolean =>
    reach.get(module)?.has(act === 'LOCK' ? 'UPDATE' : act) === true && !values.some((each) => Object.keys(each).some((field) => isKept(module, field)))
  const shows = (module: string, field: string): boolean => !context.registry.module(module).fields.has(field) || fieldLevel(policy, module, field) !== 'HIDDEN'
  return derived(context, turn, allow, instance.enabled.name, shows)
}
