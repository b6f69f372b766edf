import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { DefinedPlugin } from '../api/index.ts'
import { type Manifest, PluginProblem, refuseHostileKeys } from './manifest.ts'
import { parseTimetable } from './timetable.ts'

const NAME = /^[a-z][A-Za-z0-9]{0,47}$/

/** Checks what the code of a plugin says by itself: against its manifest, and that it asks for nothing that it has no capability for. Throws PluginProblem. */
export function checkDefinition(definition: DefinedPlugin, manifest: Manifest, builtIn: boolean): void {
  const { name } = manifest
  const refuse = (message: string): never => {
    throw new PluginProblem(`The plugin ${name}: ${message}`)
  }
  for (const member of ['name', 'version', 'apiVersion'] as const)
    if (definition[member] !== manifest[member]) refuse(`its code says ${member} ${definition[member]}, its package.json ${manifest[member]}.`)
  for (const member of ['dependsOn', 'capabilities'] as const)
    if (definition[member] !== undefined && !isDeepStrictEqual(definition[member], manifest[member]))
      refuse(`its code has other ${member} than its package.json.`)
  for (const member of ['modules', 'fields', 'grants', 'permissions', 'transitions', 'reminders'] as const)
    refuseHostileKeys(definition[member], `The plugin ${name}: ${member}`)
  checkSettings(definition, refuse)

  const { modules = [], fields = [] } = definition
  const own = new Set(modules.map((module) => module.name))
  for (const module of modules) {
    const isPrefixed = module.name === manifest.prefix || new RegExp(`^${manifest.prefix}[A-Z0-9]`).test(module.name)
    if (!builtIn && !isPrefixed) refuse(`the name of its module ${String(module.name).slice(0, 60)} does not begin with its prefix, ${manifest.prefix}.`)
  }
  const { capabilities } = manifest
  const mayRead = (module: string): boolean => own.has(module) || capabilities.modules?.[module]?.includes('READ') === true
  const need = (module: string, what: string): void => {
    if (!mayRead(module)) refuse(`${what} is about the module ${String(module).slice(0, 60)}, which it has no capability to READ.`)
  }
  for (const field of fields) {
    if (own.has(field.module)) refuse(`the field ${field.module}.${field.name} belongs into the description of its own module.`)
    need(field.module, `its field ${field.name}`)
    if (field.required) refuse(`its field ${field.module}.${field.name} cannot be required: others write records of that module.`)
  }
  for (const { module } of [...(definition.before ?? []), ...(definition.guards ?? []), ...(definition.after ?? [])]) need(module, 'a hook')
  for (const { module } of definition.validations ?? []) need(module, 'a validation')
  for (const { module, name: timer } of definition.timers ?? []) need(module, `its timer ${timer}`)
  for (const key of Object.keys(definition.transitions ?? {})) need(key.split('.')[0] as string, 'a transition')
  for (const computed of definition.computed ?? []) {
    need(computed.module, `its computed field ${computed.name}`)
    if (!NAME.test(computed.name)) refuse(`${String(computed.name).slice(0, 60)} cannot name a computed field.`)
  }
  for (const { role, module } of definition.grants ?? []) if (!own.has(module)) refuse(`it grants ${role} rights on ${module}, which is not its own.`)
  for (const { name: reminder, module, field } of definition.reminders ?? []) {
    const described = modules.find((each) => each.name === module)?.fields.find((each) => each.name === field)
    if (described?.type !== 'DATE' && described?.type !== 'DATETIME')
      refuse(
        `its reminders ${String(reminder).slice(0, 60)} are of ${String(module).slice(0, 60)}.${String(field).slice(0, 60)}, which is no date of its modules.`,
      )
  }
  for (const handler of definition.events ?? [])
    for (const module of handler.modules)
      if (!own.has(module) && capabilities.events?.includes(module) !== true)
        refuse(`its handler ${handler.name} follows ${module}, for whose events it has no capability.`)
  if ((definition.jobs ?? []).length > 0 && capabilities.jobs !== true) refuse('it has jobs without the capability for them.')
  if ((definition.timers ?? []).length > 0 && capabilities.jobs !== true) refuse('it has timers without the capability for jobs.')
  if ((definition.routes ?? []).length > 0 && capabilities.routes !== true) refuse('it has routes without the capability for them.')
  for (const { cron, name: job } of definition.jobs ?? [])
    if (cron !== undefined && parseTimetable(cron) === null) refuse(`the timetable of its job ${job} is none: ${cron}`)
  for (const [what, names] of Object.entries(namesOf(definition))) {
    const bad = names.find((each) => !NAME.test(each))
    if (bad !== undefined) refuse(`${bad.slice(0, 60)} cannot name one of its ${what}.`)
    const twice = names.find((each, index) => names.indexOf(each) !== index)
    if (twice !== undefined) refuse(`two of its ${what} are named ${twice}.`)
  }
}

function namesOf({ events, jobs, timers, migrations, permissions, modules, reminders }: DefinedPlugin): Readonly<Record<string, string[]>> {
  const names = (list: readonly { readonly name: string }[] | undefined) => (list ?? []).map(({ name }) => String(name))
  return {
    handlers: names(events),
    jobs: names(jobs),
    timers: names(timers),
    migrations: names(migrations),
    permissions: names(permissions),
    modules: names(modules),
    reminders: names(reminders),
  }
}

function checkSettings({ settings }: DefinedPlugin, refuse: (message: string) => never): void {
  if (settings === undefined) return
  try {
    z.toJSONSchema(settings, { io: 'input' })
    settings.parse({})
  } catch (error) {
    refuse(
      `its settings need a default for each member, and types that JSON has: ${error instanceof z.ZodError ? error.issues[0]?.message : (error as Error).message}`,
    )
  }
}
