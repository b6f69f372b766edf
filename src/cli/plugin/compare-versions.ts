import { findBreakingChanges, findDangerousChanges, type GraphQLSchema } from 'graphql'
import semver from 'semver'
import type { Manifest } from '../../plugins/host/manifest.ts'
import { type Finding, fail, ok, warn } from '../../start/doctor/finding.ts'

/** A version of a plugin, and the schema with it. */
export interface Examined {
  readonly manifest: Manifest
  readonly schema: GraphQLSchema
}

/** What is different for clients and for operators. What breaks clients is a failure unless the version says so: by its major number, or below 1.0.0 by its minor one. */
export function compareVersions(earlier: Examined, now: Examined): Finding[] {
  const [from, to] = [earlier.manifest.version, now.manifest.version]
  const breaking = findBreakingChanges(earlier.schema, now.schema).map(({ description }) => description)
  const dangerous = findDangerousChanges(earlier.schema, now.schema).map(({ description }) => description)
  const mayBreak = saysBreaking(from, to)
  const verdict = mayBreak ? warn : fail
  return [
    ...(semver.gt(to, from) ? [] : [warn('version', `${to} is not later than ${from}, which it is compared with: a server upgrades to later versions only.`)]),
    ...breaking.map((description) => verdict('breaking', description)),
    ...(breaking.length > 0 && !mayBreak ? [fail('version', `clients of ${from} break: the next version is ${nextBreaking(from)}, not ${to}.`)] : []),
    ...dangerous.map((description) => warn('dangerous', description)),
    ...newDemands(earlier.manifest, now.manifest).map((demand) => warn('demands', `operators have to agree to more than in ${from}: ${demand}.`)),
    ...(breaking.length === 0 ? [ok('schema', `nothing breaks clients of ${from}`)] : []),
  ]
}

function saysBreaking(from: string, to: string): boolean {
  if (semver.major(from) === 0 && semver.major(to) === 0) return semver.minor(to) > semver.minor(from)
  return semver.major(to) > semver.major(from)
}

function nextBreaking(from: string): string {
  return semver.inc(from, semver.major(from) === 0 ? 'minor' : 'major') ?? from
}

function newDemands({ capabilities: before }: Manifest, { capabilities: after }: Manifest): string[] {
  const modules = Object.entries(after.modules ?? {}).flatMap(([module, actions]) =>
    actions.filter((action) => !before.modules?.[module]?.includes(action)).map((action) => `${action} on ${module}`),
  )
  const more = (what: 'events' | 'network', word: string) =>
    (after[what] ?? []).filter((each) => !before[what]?.includes(each)).map((each) => `${word} ${each}`)
  const fields = Object.entries(after.fields ?? {}).flatMap(([field, level]) => (before.fields?.[field] === level ? [] : `${level} of the field ${field}`))
  const flags = (['jobs', 'system', 'routes'] as const).filter((flag) => after[flag] === true && before[flag] !== true)
  return [...modules, ...fields, ...more('events', 'events of'), ...more('network', 'the host'), ...flags]
}
