import { SHIPPED_ROLES } from '../../auth/shipped-roles.ts'
import type { LoadedPlugin } from '../../plugins/host/load-code.ts'
import { type Finding, ok, warn } from '../../start/doctor/finding.ts'

const NAMED_ROLES = new Set<string>(SHIPPED_ROLES.map(({ key }) => key))

/** What an operator has to agree to should be what the plugin needs, and what it brings should be somebody's. `source`: the text of its compiled code. */
export function lintRights(loaded: LoadedPlugin, source: string): Finding[] {
  const notes = [...unusedCapabilities(loaded, source), ...unreachable(loaded), ...unknownRoles(loaded)]
  return notes.length > 0
    ? notes.map((note) => warn('rights', note))
    : [ok('rights', 'everything that is asked for is used, and everything that is brought is within reach of a role')]
}

function unusedCapabilities({ manifest: { capabilities }, definition }: LoadedPlugin, source: string): string[] {
  const names = (text: string): boolean => new RegExp(`['"\`.]${text}\\b`).test(source)
  const followed = new Set((definition.events ?? []).flatMap(({ modules }) => modules))
  const modules = Object.keys(capabilities.modules ?? {}).filter((module) => !names(module))
  const fields = Object.keys(capabilities.fields ?? {}).filter((field) => !names(field.split('.')[1] ?? ''))
  const events = (capabilities.events ?? []).filter((module) => !followed.has(module))
  return [
    ...modules.map((module) => `it asks for ${module}, and its code names no ${module}.`),
    ...fields.map((field) => `it asks for the field ${field}, and its code does not name it.`),
    ...events.map((module) => `it asks for the events of ${module}, and no handler follows them.`),
    ...(capabilities.jobs === true && !definition.jobs?.length ? ['it asks for jobs and has none.'] : []),
    ...(capabilities.routes === true && !definition.routes?.length ? ['it asks for routes and has none.'] : []),
    ...(capabilities.system === true && !names('asSystem') ? ['it asks to go beyond the rights of users, and its code does not call asSystem.'] : []),
    ...((capabilities.network ?? []).length > 0 && !/\bfetch\b/.test(source) ? ['it asks for the network, and its code does not call fetch.'] : []),
  ]
}

function unreachable({ definition: { modules = [], grants = [], permissions = [], graphql, routes = [] } }: LoadedPlugin): string[] {
  const reads = new Set(grants.filter(({ actions }) => actions.includes('READ')).map(({ module }) => module))
  const used = new Set([...Object.values(graphql?.permissions ?? {}), ...routes.flatMap(({ permission }) => permission ?? [])])
  const open = Object.keys(graphql?.Mutation ?? {}).filter((name) => graphql?.permissions?.[name] === undefined)
  return [
    ...modules.filter(({ name }) => !reads.has(name)).map(({ name }) => `no shipped role may read ${name}: only administrators see it until they grant it.`),
    ...permissions.filter(({ roles }) => !roles?.length).map(({ name }) => `no role has the permission ${name} from the beginning.`),
    ...[...used]
      .filter((name) => !permissions.some((permission) => permission.name === name))
      .map((name) => `the permission ${name} is needed and not declared.`),
    ...open.map((name) => `the mutation ${name} is for every signed-in user: give it one of your own permissions, or check the rights in it.`),
  ]
}

function unknownRoles({ definition: { grants = [], permissions = [], transitions = {} } }: LoadedPlugin): string[] {
  const keys = [
    ...grants.map(({ role }) => role),
    ...permissions.flatMap(({ roles = [] }) => roles),
    ...Object.values(transitions).flatMap((rules) => rules.flatMap(({ roles = [] }) => roles)),
  ]
  return [...new Set(keys)].filter((key) => !NAMED_ROLES.has(key)).map((key) => `there is no shipped role ${key}.`)
}
