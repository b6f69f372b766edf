import semver from 'semver'
import { z } from 'zod'
import { type Message, quoted, say } from '../../errors/index.ts'
import { isObject } from '../../lib/is-object.ts'
import { type Capabilities, type Dependencies, PLUGIN_API_VERSION, type PluginManifest } from '../api/index.ts'
import { declaredOrigin } from './outbound/declared-hosts.ts'

const PLUGIN_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const API_NAME = /^[a-z][A-Za-z0-9]{0,47}$/

const range = z.string().refine((text) => semver.validRange(text) !== null, 'is no range of versions')
const apiName = z.string().regex(API_NAME, 'is no name of the API')
const actions = z.array(z.enum(['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE'])).max(5)
const pluginName = z.string().max(48).regex(PLUGIN_NAME, 'is small letters and digits, with hyphens between')

const CAPABILITIES = z.strictObject({
  modules: z.record(apiName, actions).optional(),
  fields: z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,47}\.[a-z][A-Za-z0-9]{0,47}$/), z.enum(['READ', 'WRITE'])).optional(),
  events: z.array(apiName).max(200).optional(),
  network: z
    .array(z.string().refine((entry) => declaredOrigin(entry) !== null, 'is no host such as api.example.com, api.example.com:8443 or http://api.example.com'))
    .max(50)
    .optional(),
  jobs: z.boolean().optional(),
  system: z.boolean().optional(),
  routes: z.boolean().optional(),
})

const MANIFEST = z.strictObject({
  name: pluginName,
  version: z.string().refine((text) => semver.valid(text) === text, 'is no version such as 1.2.0'),
  apiVersion: range,
  dependsOn: z.record(pluginName, z.union([range, z.strictObject({ version: range, optional: z.literal(true) })])).optional(),
  capabilities: CAPABILITIES.optional(),
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9]{1,15}$/, 'is 2 to 16 small letters and digits')
    .optional(),
})

/** What is wrong with a plugin, for whoever runs the server. Nothing of it has taken effect. */
export class PluginProblem extends Error {
  override readonly name = 'PluginProblem'
  readonly text: Message

  /** What only the author of a plugin can mend is told in English, as a plain text. */
  constructor(problem: string | Message) {
    super(problem.toString())
    this.text = typeof problem === 'string' ? quoted(say`The plugin cannot be put into service:`, problem) : problem
  }
}

/** The manifest of a plugin, with what it leaves out filled in. */
export interface Manifest extends PluginManifest {
  readonly dependsOn: Dependencies
  readonly capabilities: Capabilities
  readonly prefix: string
}

/** Reads what a manifest says. `what`: where it stands. Throws PluginProblem, which names the member that is wrong. */
export function readManifest(value: unknown, what: string): Manifest {
  refuseHostileKeys(value, what)
  const result = MANIFEST.safeParse(value)
  if (!result.success) {
    const [issue] = result.error.issues
    const member = issue?.path.join('.')
    throw new PluginProblem(`${what}: ${member ? `${member}: ` : ''}${issue?.message ?? 'it is no manifest'}`)
  }
  const { dependsOn = {}, capabilities = {}, prefix, ...rest } = result.data
  return Object.freeze({ ...rest, dependsOn, capabilities, prefix: prefix ?? rest.name.replaceAll('-', '').slice(0, 16) }) as Manifest
}

/** Throws PluginProblem where the plugin was written for another version of the interface. */
export function checkApiVersion({ name, apiVersion }: Pick<PluginManifest, 'name' | 'apiVersion'>): void {
  if (!semver.satisfies(PLUGIN_API_VERSION, apiVersion))
    throw new PluginProblem(`The plugin ${name} is written for version ${apiVersion} of the plugin API; this server has ${PLUGIN_API_VERSION}.`)
}

const HOSTILE = new Set(['__proto__', 'constructor', 'prototype'])

/** Names that reach into the prototype of whatever they are put into. */
export function refuseHostileKeys(value: unknown, what: string, depth = 0): void {
  if (depth > 20) throw new PluginProblem(`${what} is nested too deep.`)
  if (Array.isArray(value)) for (const item of value) refuseHostileKeys(item, what, depth + 1)
  else if (isObject(value)) {
    for (const key of Object.keys(value)) {
      if (HOSTILE.has(key)) throw new PluginProblem(`${what} has a member named ${key}, which is no name.`)
      refuseHostileKeys((value as Record<string, unknown>)[key], what, depth + 1)
    }
  }
}
