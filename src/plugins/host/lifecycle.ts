import { basename } from 'node:path'
import type { GraphQLSchema } from 'graphql'
import semver from 'semver'
import { requireAdministrator } from '../../auth/index.ts'
import { GuanxiError, type Message, say, validationFailed } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import { type MetadataOrigin, purgePlugin } from '../../records/metadata/index.ts'
import { bringIntoService } from './bring-into-service.ts'
import { checkSchema, enabledOf, refuseMisfits, refuseWhileNeeded } from './check-fit.ts'
import type { FoundPlugin } from './discover.ts'
import { type LoadedPlugin, messageOf } from './load-code.ts'
import { checkApiVersion, PluginProblem } from './manifest.ts'
import { checkCycle, checkNeeds } from './order.ts'
import { type BegunStep, begunSteps, claimStep, endStep, noteError, type PluginRow, readPlugins, want, wasEnabled } from './plugin-rows.ts'
import { deleteReminderRules } from './reminder-rules.ts'
import { ensureServiceUser, roleKeyOf } from './service-user.ts'
import { loadEverywhere, type ServingProcesses, servedEverywhere } from './serving-processes.ts'
import type { LifeStep } from './take-life-step.ts'
import { quarantine, takeOutOfService } from './take-out-of-service.ts'
import { cancelTimers } from './timers/cancel-timers.ts'

export interface LifecycleServices extends ServingProcesses {
  /** The schema that is served. */
  readonly served: () => GraphQLSchema
  /** Runs what the plugin itself does at a step of its life, and its migrations; throws what it throws. False: this process does not serve that version. */
  readonly act: (loaded: LoadedPlugin, step: LifeStep) => Promise<boolean>
}

export interface Lifecycle {
  enable(principal: Principal, name: string, origin: MetadataOrigin): Promise<void>
  disable(principal: Principal, name: string, origin: MetadataOrigin): Promise<void>
  upgrade(principal: Principal, name: string, origin: MetadataOrigin): Promise<void>
  uninstall(principal: Principal, name: string, origin: MetadataOrigin): Promise<void>
  purge(principal: Principal, name: string, origin: MetadataOrigin): Promise<void>
  /** Takes the steps of enabled plugins that a process has begun which is no more, as far as this one has their code. Throws nothing of the plugins. */
  resume(): Promise<void>
  /** Takes a plugin out of service that no process can run. */
  quarantine(name: string, why: string): Promise<void>
}

export function createLifecycle(services: LifecycleServices): Lifecycle {
  const { database, codes, nodes, metadata } = services
  /** Plugins whose step this process takes at the moment. */
  const underWay = new Set<string>()

  async function findPlugin(name: string): Promise<FoundPlugin> {
    const { plugins, problems } = await codes.discover()
    const found = plugins.get(name)
    if (found) return found
    const [, problem] = [...problems].find(([source]) => source === name || basename(source) === name) ?? []
    if (problem !== undefined) throw new PluginProblem(problem)
    throw new GuanxiError('NOT_FOUND', say`There is no plugin named ${JSON.stringify(name.slice(0, 60))} where this server looks for plugins.`)
  }

  /** Throws PluginProblem where the plugin does not fit to what is enabled. */
  async function checkFit({ manifest }: FoundPlugin, rows: ReadonlyMap<string, PluginRow>): Promise<void> {
    checkApiVersion(manifest)
    const { plugins } = await codes.discover()
    checkCycle(manifest.name, new Map([...plugins].map(([name, plugin]) => [name, plugin.manifest])))
    checkNeeds(manifest, new Map([...enabledOf(rows)].map(([name, row]) => [name, row.version])))
  }

  /** Puts a version into service, for the first time, again, or in the place of an earlier one. */
  async function putIntoService(principal: Principal, found: FoundPlugin, action: string, origin: MetadataOrigin): Promise<Begun> {
    const { name } = found.manifest
    const loaded = await loadEverywhere(services, found)
    let step: BegunStep = { kind: 'enable', node: nodes.id }
    try {
      checkSchema(loaded, services.registry(), services)
      await ensureServiceUser(services, name)
      const { schemaVersion } = await metadata.changePlugins(principal, action, { origin }, async (change, site) => {
        step = await bringIntoService(change, site, { loaded, codes, node: nodes.id })
      })
      await servedEverywhere(services, schemaVersion)
      return { loaded, step }
    } catch (error) {
      await want(database, name, null)
      throw error
    }
  }

  async function rowOf(name: string): Promise<PluginRow> {
    const row = (await readPlugins(database)).get(name)
    if (wasEnabled(row)) return row
    await findPlugin(name)
    throw problem(say`The plugin ${name} has never been enabled.`)
  }

  /** What a plugin does at the end of its service is its own affair: it is told, and nothing waits for it to succeed. */
  async function farewell(row: PluginRow, step: LifeStep): Promise<void> {
    const loaded = row.state === 'enabled' ? codes.loaded(row.name, row.version) : undefined
    if (!loaded) return
    await services.act(loaded, step).catch((error: unknown) => services.log.warn({ err: error, plugin: row.name }, `a plugin failed at ${step.kind}`))
  }

  /** Enabled, and not able to begin: it is out of service until somebody looks at it. */
  async function begin({ loaded, step }: Begun): Promise<void> {
    const { name, version } = loaded.manifest
    let isServed = false
    underWay.add(name)
    try {
      isServed = await services.act(loaded, step.kind === 'upgrade' ? { kind: 'upgrade', from: step.from ?? version } : { kind: 'enable' })
      if (isServed) await endStep(database, name, nodes.id)
    } catch (error) {
      const why = messageOf(causeOf(error))
      await quarantine(services, name, `It failed at ${step.kind}: ${why}`)
      const text = say`The plugin ${name} was taken out of service again. It failed at ${step.kind}: ${why}`
      throw new GuanxiError('PLUGIN_UNAVAILABLE', text, { plugin: name }, { cause: error })
    } finally {
      underWay.delete(name)
    }
    if (!isServed)
      throw new GuanxiError(
        'UNAVAILABLE',
        say`The plugin ${name} ${version} is enabled; what it does at ${step.kind} follows as soon as this process serves it.`,
      )
  }

  /** Puts a version into service and lets it begin. From before the commit on nobody else of this process takes the step that is noted there. */
  async function serve(principal: Principal, found: FoundPlugin, action: string, origin: MetadataOrigin): Promise<void> {
    const { name } = found.manifest
    underWay.add(name)
    try {
      await begin(await putIntoService(principal, found, action, origin))
    } finally {
      underWay.delete(name)
    }
  }

  /** Ends what a process has begun that died meanwhile. */
  async function resume(name: string): Promise<void> {
    const row = (await readPlugins(database)).get(name)
    if (row?.state !== 'enabled' || row.step === null) return
    const loaded = codes.loaded(name, row.version)
    const { node } = row.step
    const isElsewhere = async () => (await nodes.live()).some(({ id }) => id === node)
    if (!loaded || underWay.has(name) || (node !== nodes.id && (await isElsewhere()))) return
    if (await claimStep(database, name, row.step, nodes.id)) await begin({ loaded, step: row.step })
  }

  /** Problems with a plugin are problems with what an administrator asked for. */
  const told = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      throw error instanceof PluginProblem ? problem(error.text) : error
    }
  }

  return {
    enable: (principal, name, origin) =>
      told(async () => {
        requireAdministrator(principal)
        const found = await findPlugin(name)
        const rows = await readPlugins(database)
        const row = rows.get(name)
        if (row?.state === 'enabled' && row.version === found.manifest.version) return await resume(name)
        if (row?.state === 'enabled')
          throw new PluginProblem(say`The plugin ${name} is enabled in version ${row.version}. Call upgradePlugin for ${found.manifest.version}.`)
        if (row && semver.lt(found.manifest.version, row.version))
          throw new PluginProblem(say`The plugin ${name} was enabled in version ${row.version}; ${found.manifest.version} is older.`)
        await checkFit(found, rows)
        await serve(principal, found, 'plugin.enable', origin)
      }),
    upgrade: (principal, name, origin) =>
      told(async () => {
        requireAdministrator(principal)
        const row = await rowOf(name)
        const found = await findPlugin(name)
        const { version } = found.manifest
        if (row.state !== 'enabled') throw new PluginProblem(say`The plugin ${name} is ${row.state}. Call enablePlugin.`)
        if (!semver.gt(version, row.version))
          throw new PluginProblem(say`The plugin ${name} is enabled in version ${row.version}, and ${version} is what this server finds.`)
        const rows = await readPlugins(database)
        await checkFit(found, rows)
        refuseMisfits(name, version, rows, codes)
        await serve(principal, found, 'plugin.upgrade', origin)
      }),
    disable: (principal, name, origin) =>
      told(async () => {
        requireAdministrator(principal)
        const row = await rowOf(name)
        if (row.state === 'disabled') return
        if (row.state === 'uninstalled') throw new PluginProblem(say`The plugin ${name} is uninstalled.`)
        refuseWhileNeeded(name, await readPlugins(database), codes)
        await farewell(row, { kind: 'disable' })
        await takeOutOfService(services, principal, name, 'disabled', origin)
      }),
    uninstall: (principal, name, origin) =>
      told(async () => {
        requireAdministrator(principal)
        const row = await rowOf(name)
        if (row.state === 'uninstalled') return
        refuseWhileNeeded(name, await readPlugins(database), codes)
        await farewell(row, { kind: 'uninstall' })
        await takeOutOfService(services, principal, name, 'uninstalled', origin)
      }),
    purge: (principal, name, origin) =>
      told(async () => {
        requireAdministrator(principal)
        const row = await rowOf(name)
        if (row.state !== 'uninstalled')
          throw new PluginProblem(say`The plugin ${name} is ${row.state}. Uninstall it first; its data stays until it is purged.`)
        // First what can be taken away again, so that nothing stays of a plugin that is no more where this process is killed.
        await deleteReminderRules(services, name)
        await cancelTimers(services, name)
        const { schemaVersion } = await metadata.changePlugins(principal, 'plugin.purge', { origin }, async (change) => {
          await purgePlugin(change, name)
          change.touched.unshift(`plugin ${name}`)
          change.rows.push(...leftovers(name))
        })
        await servedEverywhere(services, schemaVersion)
      }),
    resume: async () => {
      for (const name of await begunSteps(database))
        await resume(name).catch((error: unknown) =>
          services.log.error({ err: error, plugin: name }, 'a step of a plugin that another process had begun was not taken'),
        )
    },
    quarantine: async (name, why) => {
      await noteError(database, name, why)
      await quarantine(services, name, why)
    },
  }
}

/** A version that has come into service, and what it has to do first. */
interface Begun {
  readonly loaded: LoadedPlugin
  readonly step: BegunStep
}

/** What a plugin leaves beside its modules and fields. Its user stays, disabled, since records tell of it. */
function leftovers(name: string) {
  const statement = (text: string, value: string) => ({ text, values: [value], purpose: 'platform' }) as const
  return [
    statement(`UPDATE users SET status = 'disabled' WHERE id = (SELECT user_id FROM plugin WHERE name = $1)`, name),
    statement('DELETE FROM role WHERE key = $1', roleKeyOf(name)),
    statement(`DELETE FROM follower WHERE name LIKE replace($1, '_', '\\_') || ' %'`, `plugin ${name}`),
    statement(`DELETE FROM graphile_worker._private_jobs WHERE key LIKE $1 || ' %' AND locked_by IS NULL`, `plugin ${name}`),
    statement('DELETE FROM plugin WHERE name = $1', name),
  ]
}

function problem(message: Message): GuanxiError {
  return validationFailed([{ path: ['name'], code: 'PLUGIN', message }])
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error
}
