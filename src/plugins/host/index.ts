import { setTimeout as delay } from 'node:timers/promises'
import type { GraphQLSchema } from 'graphql'
import type { JobDefinition } from '../../jobs/job.ts'
import { repeat } from '../../jobs/repeat.ts'
import type { Registry } from '../../records/registry/index.ts'
import type { RulesAround } from '../../records/write/index.ts'
import type { PluginSteps } from '../../resolvers/field-step.ts'
import type { PluginAdministration } from '../../resolvers/plugin-administration.ts'
import type { RouteAnswer, RouteRequest } from '../api/index.ts'
import { createActivePlugins } from './active-plugins.ts'
import { createAdministration } from './administration.ts'
import { answerRoute, type RouteCaller } from './answer-route.ts'
import { createCodeStore } from './code-store.ts'
import type { PluginSources } from './discover.ts'
import { extendOperations } from './extend-operations.ts'
import { readAddition } from './graphql-part.ts'
import type { PluginInstance } from './instance.ts'
import { createLifecycle } from './lifecycle.ts'
import { type LoadedPlugin, messageOf } from './load-code.ts'
import { createNodes } from './nodes.ts'
import { createOpenTransactions } from './outbound/open-transactions.ts'
import { createTransport, type Transport, type TransportOptions } from './outbound/transport.ts'
import { flagOf } from './plugin-jobs.ts'
import { noteError } from './plugin-rows.ts'
import { createPluginWork, type PluginPace } from './plugin-work.ts'
import { pluginJob } from './run-job.ts'
import type { HostServices } from './services.ts'
import { PLUGINS_TOPIC } from './serving-processes.ts'
import { type LifeStep, takeLifeStep } from './take-life-step.ts'
import { tendAbsent } from './tend-absent.ts'
import { fieldSteps, type StepRules } from './transition-steps.ts'

export type { BuiltInPlugin, PluginSources } from './discover.ts'
export type { OutboundAnswer, OutboundRequest, ResolveHost, Transport } from './outbound/transport.ts'
export type { PluginPace } from './plugin-work.ts'
export { pluginRulesAlone } from './rules-alone.ts'
export type { HostServices } from './services.ts'

export interface PluginHostOptions extends Omit<HostServices, 'transport' | 'openTransactions'> {
  readonly outbound: TransportOptions & { readonly transport?: Transport | undefined }
  readonly sources: PluginSources
  /** `api`, `worker` or `all`. */
  readonly role: string
  /** The schema that is served. */
  readonly served: () => GraphQLSchema
}

/** Everything between plugins and the product. */
export interface PluginHost extends PluginPace {
  readonly administration: PluginAdministration
  /** What plugins have to say about writes under a registry. */
  rulesOf(registry: Registry): RulesAround
  /** Steps of SELECT fields that plugins have a say in. */
  readonly steps: PluginSteps
  /** Loads the code of all plugins that are enabled in the registry, as far as it is here. Never throws. */
  prepare(registry: Registry): Promise<void>
  /**
   * Makes the schema of hand-written operations with those of plugins. A plugin with which there is none is given up by this process, as if its code were not here: the others are served.
   */
  build(operations: GraphQLSchema, registry: Registry, make: (extended: GraphQLSchema) => GraphQLSchema): GraphQLSchema
  /** The registry is served from now on. */
  serve(registry: Registry): void
  /** Answers a request below `/plugins/<plugin>`. */
  answer(plugin: string, request: RouteRequest, caller: RouteCaller): Promise<RouteAnswer>
  readonly job: JobDefinition
  /** Flags of jobs whose plugin is not at work in this process. */
  withoutFlags(): Promise<string[]>
  /** Begins to tell other processes of this one. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Makes the types that plugins have a part in: what is wrong inside of a type shows when it is made. */
function touch(schema: GraphQLSchema, instances: readonly PluginInstance[], registry: Registry): void {
  for (const { loaded } of instances) {
    const { types } = readAddition(loaded)
    const records = (loaded.definition.computed ?? []).flatMap(({ module }) => registry.modules.get(module)?.typeName ?? [])
    for (const name of [...types, ...records]) {
      const type = schema.getType(name)
      if (type && 'getFields' in type) type.getFields()
    }
  }
}

function failureOf(work: () => unknown): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

/** Milliseconds between two looks at plugins that this process cannot run, or that another one has not brought to work, and for which a start waits for the first. */
const TEND_EVERY = 3_000
const START_PATIENCE = 10_000

/** Milliseconds between two notes of an error of one plugin in the database. */
const NOTE_EVERY = 1_000

export function createPluginHost({ outbound, ...given }: PluginHostOptions): PluginHost {
  const network = createTransport(outbound)
  const options = { ...given, transport: outbound.transport ?? network.send, openTransactions: createOpenTransactions() }
  const { database, log, registry } = options
  const noted = new Map<string, number>()
  const report = (plugin: string, what: string, error: unknown): void => {
    log.warn({ err: error, plugin, what }, 'a plugin failed')
    const now = performance.now()
    if (now - (noted.get(plugin) ?? Number.NEGATIVE_INFINITY) < NOTE_EVERY) return
    noted.set(plugin, now)
    noteError(database, plugin, `${what}: ${messageOf(error)}`).catch((failure: unknown) => log.warn({ err: failure }, 'the error of a plugin was not noted'))
  }
  const codes = createCodeStore(options.sources, () => active.forget())
  const active = createActivePlugins(codes, { ...options, report })
  const instanceOf = (name: string) => active.of(registry()).instances.find(({ enabled }) => enabled.name === name)
  const nodes = createNodes({
    database,
    role: options.role,
    state: () => ({ schemaVersion: registry().version, plugins: codes.report() }),
    onWanted: async (wanted) => {
      // What does not load is told with the next beat.
      for (const { name, version, attempt } of wanted) await codes.load(name, version, attempt).catch(() => {})
    },
    onError: (error) => log.warn({ err: error }, 'this process is not known to the others; it is tried again'),
  })
  const act = async (loaded: LoadedPlugin, step: LifeStep): Promise<boolean> => {
    const instance = instanceOf(loaded.manifest.name)
    if (instance?.loaded !== loaded) return false
    await takeLifeStep(options, instance, step)
    return true
  }
  const lifecycle = createLifecycle({ ...options, codes, nodes, act })
  const work = options.role === 'api' ? undefined : createPluginWork(options, nodes.id)
  let forget = (): void => {}
  let started = false
  const tending = repeat({
    every: TEND_EVERY,
    run: async () => {
      await tendAbsent({ services: options, codes, nodes, lifecycle }, active.of(registry()).absent)
      await lifecycle.resume()
    },
    onError: (error) => log.warn({ err: error }, 'plugins that cannot run here, or have not begun, were not looked after; it is tried again'),
  })
  return {
    administration: createAdministration(options, lifecycle, codes, nodes),
    rulesOf: (served) => active.of(served).rules,
    steps: (served, module, field, principal) => {
      const rules = active.of(served).instances.flatMap(({ loaded }) => {
        const { transitions = {} } = loaded.definition
        const key = `${module.name}.${field.name}`
        return Object.hasOwn(transitions, key) ? [transitions[key] as StepRules] : []
      })
      return rules.length > 0 ? fieldSteps(field, rules, principal) : null
    },
    prepare: async ({ plugins }) => {
      for (const { name, version } of plugins) {
        if (codes.loaded(name, version)) continue
        await codes.load(name, version).catch((error: unknown) => log.error({ err: error, plugin: name }, 'a plugin cannot be run by this process'))
      }
    },
    build: (operations, served, make) => {
      const attempt = (instances: readonly PluginInstance[]): GraphQLSchema => {
        const schema = make(extendOperations(operations, instances, served, options))
        touch(schema, instances, served)
        return schema
      }
      try {
        return attempt(active.of(served).instances)
      } catch (error) {
        const { instances } = active.of(served)
        if (instances.length === 0) throw error
        const failing = instances.filter((instance) => failureOf(() => attempt([instance])) !== undefined)
        for (const { enabled } of failing.length > 0 ? failing : instances) {
          log.error({ err: error, plugin: enabled.name }, 'there is no schema with a plugin, which is left out')
          codes.reject(enabled.name, enabled.version, `There is no schema with it: ${messageOf(error)}`)
        }
        return attempt(active.of(served).instances)
      }
    },
    serve: (served) => {
      const { instances, absent } = active.of(served)
      work?.serve(instances)
      nodes.wake()
      if (started && absent.length > 0) tending.wake()
    },
    answer: (plugin, request, caller) => {
      const find = (served: Registry) => {
        const { instances, absent } = active.of(served)
        return absent.some(({ name }) => name === plugin) ? null : instances.find(({ enabled }) => enabled.name === plugin)
      }
      return answerRoute(options, find, request, caller)
    },
    job: pluginJob(options, instanceOf),
    withoutFlags: async () => {
      const rows = await database.query<{ name: string }>({ text: 'SELECT name FROM plugin', purpose: 'background' })
      return rows.filter(({ name }) => !instanceOf(name)).map(({ name }) => flagOf(name))
    },
    wake: () => work?.wake(),
    behind: async () => (await work?.behind()) ?? [],
    runDue: async () => work?.runDue(),
    nextMoment: (after, until) => work?.nextMoment(after, until) ?? null,
    start: async () => {
      started = true
      await nodes.beat()
      forget = options.signals.subscribe(PLUGINS_TOPIC, () => nodes.wake())
      work?.serve(active.of(registry()).instances)
      // Not to keep others waiting: what takes longer goes on beside the requests.
      const tended = tendAbsent({ services: options, codes, nodes, lifecycle }, active.of(registry()).absent).catch(() => tending.wake())
      await Promise.race([tended, delay(START_PATIENCE, undefined, { ref: false })])
    },
    stop: async () => {
      forget()
      await tending.stop()
      await work?.stop()
      await nodes.stop()
      await codes.close()
      await network.close()
    },
  }
}
