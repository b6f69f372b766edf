import { isAdministrator } from '../../auth/index.ts'
import { GuanxiError, type Message, say } from '../../errors/index.ts'
import { isBlank } from '../../lib/text-checks.ts'
import { fieldLevel } from '../../records/access/secured.ts'
import { ANYWHERE, refusedStep, stepsBetween } from '../../records/registry/steps.ts'
import type { AppliedChange, ModuleRule, PendingChange, RuleContext, RulesAround } from '../../records/write/index.ts'
import { UNTOLD } from '../../records/write/untold-fields.ts'
import type { AfterHook, BeforeHook, ChangeableRecord, Guard, PluginText, TransitionRule } from '../api/index.ts'
import { unavailable } from './guarded-call.ts'
import { hookContext, isOwnField } from './hook-context.ts'
import { actorOf, type PluginInstance } from './instance.ts'
import { messageFrom } from './message-from.ts'
import type { HostServices } from './services.ts'
import { timerRules } from './timers/keep-timers.ts'
import { isFor } from './transition-steps.ts'

/** Milliseconds for a batch unless the hook says otherwise, and at most. */
const BUDGET = 2_000
const MOST = 10_000

type HookServices = Pick<HostServices, 'noteReads'>

interface Placed<Hook> {
  readonly instance: PluginInstance
  readonly hook: Hook
}

/**
 * What plugins have to say about writes, as rules of the pipeline: their hooks before the rules of the product, so that those see what hooks have set, and their guards behind them, which see what will be written.
 * `absent`: enabled plugins whose code is not in this process; nothing is written past them.
 */
export function pluginRules(
  services: HookServices,
  instances: readonly PluginInstance[],
  absent: readonly { readonly name: string; readonly judges: readonly string[] }[],
): RulesAround {
  const first: ModuleRule[] = absent.flatMap(({ name, judges }) => judges.map((module) => refusingRule(name, module)))
  const last: ModuleRule[] = []
  for (const { instance, hook } of placed(instances, ({ before = [] }) => before)) first.push(beforeRule(services, instance, hook))
  for (const instance of instances) last.push(...transitionRules(instance), ...validationRules(instance))
  for (const { instance, hook } of placed(instances, ({ guards = [] }) => guards)) last.push(guardRule(services, instance, hook))
  for (const { instance, hook } of placed(instances, ({ after = [] }) => after)) last.push(afterRule(services, instance, hook))
  for (const instance of instances) last.push(...timerRules(instance))
  return { first, last }
}

/** Modules whose writes the plugin judges, or follows in their transaction. */
export function judgedModules({
  before = [],
  guards = [],
  after = [],
  validations = [],
  timers = [],
  transitions = {},
}: PluginInstance['loaded']['definition']): string[] {
  const fields = Object.keys(transitions).map((key) => key.split('.')[0] as string)
  return [...new Set([...[...before, ...guards, ...after, ...validations, ...timers].map(({ module }) => module), ...fields])].sort()
}

function placed<Hook extends { readonly priority?: number }>(
  instances: readonly PluginInstance[],
  hooksOf: (definition: PluginInstance['loaded']['definition']) => readonly Hook[],
): Placed<Hook>[] {
  return instances
    .flatMap((instance) => hooksOf(instance.loaded.definition).map((hook) => ({ instance, hook })))
    .sort((one, other) => (one.hook.priority ?? 0) - (other.hook.priority ?? 0))
}

function refusingRule(plugin: string, module: string): ModuleRule {
  return {
    module,
    before: () => {
      throw unavailable(plugin)
    },
  }
}

const budgetOf = ({ budget = BUDGET }: { readonly budget?: number }): number => Math.min(Math.max(1, budget), MOST)

function beforeRule(services: HookServices, instance: PluginInstance, hook: BeforeHook<never>): ModuleRule {
  return {
    module: hook.module,
    before: async (changes, context) => {
      const meant = changes.filter(({ operation }) => hook.on?.includes(operation) ?? true)
      if (meant.length === 0) return
      try {
        await instance.calls.run(`before ${hook.module}`, budgetOf(hook), (turn) =>
          hook.run(
            meant.map((change) => changeable(instance, hook.module, change, () => turn.check())),
            hookContext(services, instance, context, turn),
          ),
        )
      } catch (error) {
        if (hook.optional !== true || !(error instanceof GuanxiError) || error.code !== 'PLUGIN_UNAVAILABLE') throw error
      }
    },
  }
}

function guardRule(services: HookServices, instance: PluginInstance, hook: Guard<never>): ModuleRule {
  return {
    module: hook.module,
    before: async (changes, context) => {
      const meant = changes.filter(({ operation }) => hook.on?.includes(operation) ?? true)
      if (meant.length === 0) return
      await instance.calls.run(`guard ${hook.module}`, budgetOf(hook), (turn) =>
        hook.run(
          meant.map((change) => judged(change, () => turn.check())),
          hookContext(services, instance, context, turn),
        ),
      )
    },
  }
}

function afterRule(services: HookServices, instance: PluginInstance, hook: AfterHook<never>): ModuleRule {
  return {
    module: hook.module,
    after: async (changes, context) => {
      const meant = changes.filter(({ operation }) => hook.on?.includes(operation) ?? true)
      if (meant.length === 0) return
      const copies = meant.map(({ operation, id, version, before, after }: AppliedChange) =>
        Object.freeze({ operation, id, version, before: image(before), after: image(after) }),
      )
      await instance.calls.run(`after ${hook.module}`, budgetOf(hook), (turn) => hook.run(copies, hookContext(services, instance, context, turn)))
    },
  }
}

/** A copy, so that what a plugin does to it changes nothing that is written. */
function image<Image extends object | null>(value: Image): Image {
  return value === null ? value : Object.freeze({ ...structuredClone(value) })
}

function judged(change: PendingChange, check: () => void) {
  return {
    operation: change.operation,
    id: change.id,
    before: image(change.before),
    get after() {
      return image(change.after)
    },
    given: (field: string) => change.given(field),
    changes: (field: string) => change.changes(field),
    refuse: (field: string | null, code: string, message: PluginText) => {
      check()
      change.refuse(field, /^[A-Z][A-Z0-9_]{0,47}$/.test(code) ? code : 'REFUSED', messageFrom(message))
    },
  }
}

function changeable(instance: PluginInstance, module: string, change: PendingChange, check: () => void): ChangeableRecord {
  const { manifest } = instance.loaded
  const maySetAll = manifest.capabilities.modules?.[module]?.includes('UPDATE') === true
  return Object.assign(judged(change, check), {
    set: (field: string, value: unknown) => {
      check()
      if (!maySetAll && !isOwnField(instance, module, field))
        throw new GuanxiError('FORBIDDEN', say`The plugin ${manifest.name} has no capability to change ${module}.${String(field).slice(0, 60)}.`)
      change.set(field, value)
    },
  })
}

/** Steps of SELECT fields that plugins allow; a field that several plugins speak of takes a step only where all of them allow it. */
function transitionRules(instance: PluginInstance): ModuleRule[] {
  return Object.entries(instance.loaded.definition.transitions ?? {}).map(([key, steps]) => {
    const [module, field] = key.split('.') as [string, string]
    return {
      module,
      before: (changes, context) => {
        const mayAll = context.derived || isAdministrator(context.principal) || actorOf(context.principal, instance.enabled).self
        for (const change of changes) checkStep(change, { module, field, steps }, mayAll ? null : context.principal.roles, context)
      },
    }
  })
}

interface StepsOf {
  readonly module: string
  readonly field: string
  readonly steps: readonly TransitionRule[]
}

/** `held`: the roles that count; null: all of them. Where the field stands is told as by the field's own transitions: to who writes it, or is shown it on all records. */
function checkStep(change: PendingChange, { module, field, steps }: StepsOf, held: readonly string[] | null, { principal, derived }: RuleContext): void {
  if (change.operation === 'DELETED' || change.operation === 'RESTORED' || !change.changes(field)) return
  const [from, to] = [(change.before?.[field] ?? null) as string | null, (change.after[field] ?? null) as string | null]
  const possible = stepsBetween(steps, { from, to }, ANYWHERE)
  if (possible === undefined) return
  const level = fieldLevel(principal.policy, module, field)
  const isShown = level === 'READ' || level === 'WRITE' || (!derived && change.given(field))
  const refuse = (name: string, message: Message) => change.refuse(isShown ? name : null, 'TRANSITION', isShown ? message : UNTOLD)
  if (possible.length === 0) {
    refuse(field, refusedStep(field, steps, { from, to }, ANYWHERE))
    return
  }
  const mine = possible.filter((step) => isFor(step, held))
  if (mine.length === 0) {
    refuse(field, say`Your roles do not allow ${field} to go from ${from ?? say`no value`} to ${to ?? say`no value`}.`)
    return
  }
  const missing = mine.map(({ requires = [] }) => requires.filter((name) => isEmpty(change.after[name])))
  const [least] = missing.sort((one, other) => one.length - other.length)
  for (const name of least ?? []) refuse(name, say`${name} is needed for ${field} to go to ${to ?? say`no value`}.`)
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'string' && isBlank(value)) || (Array.isArray(value) && value.length === 0)
}

const VALIDATION_BUDGET = 1_000

function validationRules(instance: PluginInstance): ModuleRule[] {
  return (instance.loaded.definition.validations ?? []).map(({ module, field, code, check }) => ({
    module,
    before: (changes) =>
      instance.calls.run(`validation ${module} ${code}`, VALIDATION_BUDGET, () => {
        for (const change of changes) {
          if (change.operation === 'DELETED') continue
          const flaw = check(image(change.after), image(change.before))
          if (flaw !== null && flaw !== undefined) judged(change, () => {}).refuse(field, code, flaw)
        }
      }),
  }))
}
